"""Pages of procedures: list, case, steps, the meeting on a phone, versions, ballots."""
