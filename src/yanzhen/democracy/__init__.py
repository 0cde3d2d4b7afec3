"""Village democracy: decisions, disclosure, supervision, evaluation, rosters, audits."""
