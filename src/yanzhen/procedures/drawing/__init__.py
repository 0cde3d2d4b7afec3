"""Procedures drawn: boxes and arrows (``layout``, ``svg``), words for screen readers (``reading``), BPMN 2.0 (``bpmn_out``,
``bpmn_in``). Plain Python on the frozen definition; nothing here asks a database or a clock."""
