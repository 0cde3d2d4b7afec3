"""Sealed votes: encrypted one by one, opened only as a sum, by both tellers together, with proofs (plain Python).

A published scheme: homomorphic tallying with exponential ElGamal and proofs of validity of Cramer, Gennaro and Schoenmakers
(*A secure and optimally efficient multi-authority election scheme*, EUROCRYPT 1997), as used by Helios (Adida, USENIX Security 2008;
Adida, de Marneffe, Pereira, Quisquater, EVT/WOTE 2009), with the two tellers as its trustees. The group is the 2048-bit MODP group of
RFC 3526, whose prime is computed here from its formula.

What anybody can check on the public board: the own receipt is there (``Sealed.receipt``, the hash of the encrypted ballot,
says nothing about the vote); every ballot says exactly as many yes as it may (``check``); the totals are the sum of those
ballots (``check_opening``). What it does not give: the platform encrypts, so at the moment of voting it must be trusted to
encrypt what was chosen, and not to remember it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from yanzhen.kernel.errors import DomainError


@dataclass(frozen=True, slots=True)
class Group:
    """The subgroup of prime order ``q`` of the integers modulo the safe prime ``p``, with generator ``g``."""

    p: int
    q: int
    g: int

    def holds(self, value: int) -> bool:
        """Whether a number is an element other than one."""
        return 1 < value < self.p and pow(value, self.q, self.p) == 1

    def random(self) -> int:
        """A random exponent."""
        return secrets.randbelow(self.q - 1) + 1


def _pi(bits: int) -> int:
    """floor(2^bits * pi), by Machin's formula in integers."""
    extra = bits + 64

    def arctan(inverse: int) -> int:
        term = total = (1 << extra) // inverse
        square, sign, odd = inverse * inverse, -1, 3
        while term:
            term //= square
            total += sign * (term // odd)
            sign, odd = -sign, odd + 2
        return total

    return (4 * (4 * arctan(5) - arctan(239))) >> 64


@lru_cache(maxsize=1)
def rfc3526() -> Group:
    """Group 14: p = 2^2048 - 2^1984 - 1 + 2^64 * ( [2^1918 pi] + 124476 ); two generates the squares."""
    p = 2**2048 - 2**1984 - 1 + 2**64 * (_pi(1918) + 124476)
    return Group(p, (p - 1) // 2, 2)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: its options, and how many of them exactly are marked (blank options fill up a choice of several)."""

    key: str
    options: tuple[str, ...]
    marks: int = 1


Cipher = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted ballot: for each option of each question a cipher with its proof, for each question the proof of its sum."""

    ciphers: tuple[tuple[Cipher, ...], ...]
    proofs: tuple[tuple[tuple[int, ...], ...], ...]
    sums: tuple[tuple[int, int], ...]

    def text(self) -> str:
        """Canonical text, as published."""
        raw = {"ciphers": self.ciphers, "proofs": self.proofs, "sums": self.sums}
        return json.dumps(raw, default=str, separators=(",", ":"), sort_keys=True)

    @property
    def receipt(self) -> str:
        """What the voter takes home: SHA-256 of the text."""
        return hashlib.sha256(self.text().encode()).hexdigest()


def read(text: str) -> Sealed:
    """A published ballot."""
    raw = json.loads(text)
    return Sealed(
        tuple(tuple((int(a), int(b)) for a, b in row) for row in raw["ciphers"]),
        tuple(tuple(tuple(int(x) for x in proof) for proof in row) for row in raw["proofs"]),
        tuple((int(c), int(s)) for c, s in raw["sums"]),
    )


def _hash(group: Group, *parts: object) -> int:
    text = json.dumps([str(part) for part in parts], separators=(",", ":"))
    wide = b"".join(hashlib.sha256(f"{at}:{text}".encode()).digest() for at in range(2))
    return int.from_bytes(wide, "big") % group.q


@lru_cache(maxsize=8)
def _table(base: int, p: int) -> tuple[tuple[int, ...], ...]:
    """Powers of a base that is used again and again, four bits of the exponent at a time: one multiplication for each."""
    rows = []
    for _ in range(-(-p.bit_length() // 4)):
        row = [1]
        for _ in range(15):
            row.append(row[-1] * base % p)
        rows.append(tuple(row))
        base = row[-1] * base % p
    return tuple(rows)


def _power(base: int, exponent: int, group: Group) -> int:
    """``base`` to the ``exponent`` (modulo q) for the generator or a ballot's key."""
    result, p, rest = 1, group.p, exponent % group.q
    for row in _table(base, p):
        if not rest:
            break
        result = result * row[rest & 15] % p
        rest >>= 4
    return result


# --- the tellers' key -------------------------------------------------------------------------------------------------


def secret_of(passphrase: str, salt: str, group: Group) -> int:
    """A teller's secret share from the passphrase (scrypt); it is nowhere stored."""
    if len(passphrase) < 12:
        raise DomainError(
            "procedures.ballot.passphrase", "口令至少 12 个字符，请妥善保管：没有口令就不能计票。", field="passphrase"
        )
    raw = hashlib.scrypt(passphrase.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1, dklen=64)
    return int.from_bytes(raw, "big") % group.q


def public_of(secret: int, group: Group) -> int:
    """The public half of a share."""
    return pow(group.g, secret, group.p)


def joint(shares: Iterable[int], group: Group) -> int:
    """The ballot's key: votes under it open only with every share."""
    key = 1
    for share in shares:
        key = key * share % group.p
    return key


# --- voting -----------------------------------------------------------------------------------------------------------


def seal(
    context: str, key: int, questions: Sequence[Question], marked: Mapping[str, Sequence[str]], group: Group
) -> Sealed:
    """Encrypt a vote. ``marked``: question → options. DomainError unless each question has as many marks as it must have."""
    ciphers, proofs, sums = [], [], []
    for question in questions:
        chosen = list(marked.get(question.key, ()))
        if len(chosen) != question.marks or len(set(chosen)) != len(chosen) or not set(chosen) <= set(question.options):
            raise DomainError("procedures.ballot.marks", "选票没有填对，请按要求选择。", field=question.key)
        row, shown, total = [], [], 0
        for at, option in enumerate(question.options):
            bit, nonce = int(option in chosen), group.random()
            cipher = (
                _power(group.g, nonce, group),
                _power(key, nonce, group) * pow(group.g, bit, group.p) % group.p,
            )
            row.append(cipher)
            shown.append(_prove_bit(f"{context}|{question.key}|{at}", key, cipher, bit, nonce, group))
            total = (total + nonce) % group.q
        ciphers.append(tuple(row))
        proofs.append(tuple(shown))
        sums.append(_prove_sum(f"{context}|{question.key}", key, _product(row, group), total, group))
    return Sealed(tuple(ciphers), tuple(proofs), tuple(sums))


def _product(ciphers: Iterable[Cipher], group: Group) -> Cipher:
    a = b = 1
    for first, second in ciphers:
        a, b = a * first % group.p, b * second % group.p
    return a, b


def _prove_bit(context: str, key: int, cipher: Cipher, bit: int, nonce: int, group: Group) -> tuple[int, int, int, int]:
    """The cipher holds zero or one (Cramer, Damgård, Schoenmakers 1994), without telling which: (c0, s0, c1, s1)."""
    p, q, g = group.p, group.q, group.g
    a, b = cipher
    fake_c, fake_s = group.random(), group.random()
    turn = 1 - 2 * bit  # the other content, less the true one
    # g^fake_s * a^-fake_c and key^fake_s * (b / g^other)^-fake_c, with what the prover knows of a and b
    least = (fake_s - nonce * fake_c) % q
    fake = _power(g, least, group), _power(key, least, group) * _power(g, turn * fake_c, group) % p
    w = group.random()
    true = _power(g, w, group), _power(key, w, group)
    first, second = (true, fake) if bit == 0 else (fake, true)
    challenge = _hash(group, context, key, a, b, *first, *second)
    own_c = (challenge - fake_c) % q
    own_s = (w + own_c * nonce) % q
    return (own_c, own_s, fake_c, fake_s) if bit == 0 else (fake_c, fake_s, own_c, own_s)


def _check_bit(context: str, key: int, cipher: Cipher, proof: tuple[int, ...], group: Group) -> bool:
    p, q, g = group.p, group.q, group.g
    if len(proof) != 4:
        return False
    a, b = cipher
    c0, s0, c1, s1 = proof
    back_a, back_b = pow(a, -1, p), pow(b, -1, p)
    first = _power(g, s0, group) * pow(back_a, c0, p) % p, _power(key, s0, group) * pow(back_b, c0, p) % p
    second = _power(g, s1, group) * pow(back_a, c1, p) % p, _power(key, s1, group) * pow(back_b * g % p, c1, p) % p
    return (c0 + c1) % q == _hash(group, context, key, a, b, *first, *second)


def _prove_sum(context: str, key: int, cipher: Cipher, nonce: int, group: Group) -> tuple[int, int]:
    """Whoever made it knows the nonce of the sum (Chaum, Pedersen 1992): the sum is what it is said to be."""
    w = group.random()
    c = _hash(group, "sum", context, key, *cipher, pow(group.g, w, group.p), pow(key, w, group.p))
    return c, (w + c * nonce) % group.q


def check(context: str, key: int, questions: Sequence[Question], vote: Sealed, group: Group) -> bool:
    """Whether a published ballot marks exactly as many options of each question as it may."""
    p, g = group.p, group.g
    if not len(vote.ciphers) == len(vote.proofs) == len(vote.sums) == len(questions):
        return False
    for question, row, shown, (c, s) in zip(questions, vote.ciphers, vote.proofs, vote.sums, strict=True):
        if not len(row) == len(shown) == len(question.options):
            return False
        for at, (cipher, proof) in enumerate(zip(row, shown, strict=True)):
            if not all(0 < part < p and pow(part, group.q, p) == 1 for part in cipher):
                return False
            if not _check_bit(f"{context}|{question.key}|{at}", key, cipher, proof, group):
                return False
        a, b = _product(row, group)
        rest = b * pow(pow(g, question.marks, p), -1, p) % p
        left = pow(g, s, p) * pow(pow(a, -1, p), c, p) % p
        right = pow(key, s, p) * pow(pow(rest, -1, p), c, p) % p
        if c != _hash(group, "sum", f"{context}|{question.key}", key, a, b, left, right):
            return False
    return True


# --- opening the sum --------------------------------------------------------------------------------------------------


def add(votes: Iterable[Sealed], questions: Sequence[Question], group: Group) -> tuple[tuple[Cipher, ...], ...]:
    """The encrypted totals."""
    found = [[(1, 1)] * len(question.options) for question in questions]
    for vote in votes:
        for row, more in zip(found, vote.ciphers, strict=True):
            row[:] = [_product([one, two], group) for one, two in zip(row, more, strict=True)]
    return tuple(tuple(row) for row in found)


Share = tuple[int, int, int]


def share_of(context: str, secret: int, totals: Sequence[Sequence[Cipher]], group: Group) -> list[list[Share]]:
    """A teller's part of opening the totals, each with the proof that the same secret was used (Chaum, Pedersen 1992)."""
    public = public_of(secret, group)
    found = []
    for row in totals:
        some = []
        for a, _ in row:
            part, w = pow(a, secret, group.p), group.random()
            c = _hash(group, "open", context, public, a, part, pow(group.g, w, group.p), pow(a, w, group.p))
            some.append((part, c, (w + c * secret) % group.q))
        found.append(some)
    return found


def check_share(
    context: str, public: int, totals: Sequence[Sequence[Cipher]], shares: Sequence[Sequence[Any]], group: Group
) -> bool:
    """Whether a teller's part was made with the secret of its public half."""
    p = group.p
    if [len(row) for row in totals] != [len(row) for row in shares]:
        return False
    for row, some in zip(totals, shares, strict=True):
        for (a, _), (part, c, s) in zip(row, some, strict=True):
            part, c, s = int(part), int(c), int(s)
            if not 0 < part < p:
                return False
            left = pow(group.g, s, p) * pow(pow(public, -1, p), c, p) % p
            right = pow(a, s, p) * pow(pow(part, -1, p), c, p) % p
            if c != _hash(group, "open", context, public, a, part, left, right):
                return False
    return True


def opened(
    totals: Sequence[Sequence[Cipher]], parts: Sequence[Sequence[Sequence[Any]]], most: int, group: Group
) -> list[list[int]]:
    """The totals, from every teller's part. ``most``: number of ballots. DomainError when they do not fit together."""
    powers = {}
    value = 1
    for number in range(most + 1):
        powers[value] = number
        value = value * group.g % group.p
    found = []
    for at, row in enumerate(totals):
        numbers = []
        for place, (_, b) in enumerate(row):
            lock = 1
            for part in parts:
                lock = lock * int(part[at][place][0]) % group.p
            number = powers.get(b * pow(lock, -1, group.p) % group.p, -1)
            if number < 0:
                raise DomainError("procedures.ballot.opening", "口令不对，无法打开电子票的合计。", field="passphrase")
            numbers.append(number)
        found.append(numbers)
    return found


def check_opening(
    context: str, publics: Sequence[int], questions: Sequence[Question], votes: Sequence[Sealed],
    parts: Sequence[Sequence[Sequence[Any]]], said: Mapping[str, Mapping[str, int]], group: Group,
) -> bool:  # fmt: skip
    """What anybody can run over the board: every ballot proper, every part proper, the totals said are what the ballots hold."""
    key = joint(publics, group)
    if len({vote.receipt for vote in votes}) != len(votes) or len(parts) != len(publics):
        return False
    if not all(check(context, key, questions, vote, group) for vote in votes):
        return False
    totals = add(votes, questions, group)
    if not all(check_share(context, public, totals, part, group) for public, part in zip(publics, parts, strict=True)):
        return False
    try:
        numbers = opened(totals, parts, len(votes), group)
    except DomainError:
        return False
    found = {
        question.key: dict(zip(question.options, row, strict=True))
        for question, row in zip(questions, numbers, strict=True)
    }
    return found == {each: dict(votes_by) for each, votes_by in said.items()}
