"""Tables of procedures."""

from yanzhen.procedures.models.ballots import Ballot, BallotCode, BallotRoll, BallotTally, BallotTeller, SealedVote
from yanzhen.procedures.models.cases import Case, CaseReach, CaseStep, Entry, Interest, Todo
from yanzhen.procedures.models.definitions import Procedure
from yanzhen.procedures.models.records import Attendance, Evidence, Meeting, Objection, Posting, SignOff

__all__ = [
    "Attendance", "Ballot", "BallotCode", "BallotRoll", "BallotTally", "BallotTeller", "Case", "CaseReach", "CaseStep", "Entry",
    "Evidence", "Interest", "Meeting", "Objection", "Posting", "Procedure", "SealedVote", "SignOff", "Todo",
]  # fmt: skip
