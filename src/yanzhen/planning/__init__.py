"""Planning: decisions of the organization department as optimisation problems with a proof. Pure Python: no Django, no clock."""
