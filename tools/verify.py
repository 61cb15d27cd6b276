#!/usr/bin/env python3
"""Checks agentk's flight logs (docs/formats/flight-log.md, versions 1 to 4) with Python 3.8's own library alone.
With --key all signatures must be by these keys, and there must be one. Exit: 0 ok, 1 unreadable, 2 a check failed."""
import argparse, base64, hashlib, json, re, sys

# --- Ed25519 (RFC 8032 section 5.1), verification only; points in extended coordinates
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
PUBLISHED = "db995fe25169d141cab9bbba92baa01f9f2e1ece7df4cb2ac05190f37fcc1f9d"  # the Rust AgentK's: all can sign
def add(one, two):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, two
    a, b, c, d = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P, 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P
def times(n, point):
    rest = times(n // 2, add(point, point)) if n else (0, 1, 1, 0)
    return add(rest, point) if n & 1 else rest
def point_of(raw):
    """None for bytes that are no point, the second spelling of one, or one of small order: those sign anything."""
    y, sign = int.from_bytes(raw, "little") & (2**255 - 1), raw[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    point = (x, y, 1, x * y % P) if x & 1 == sign else (P - x, y, 1, (P - x) * y % P)
    return point if y < P and x * x % P == square and times(8, point)[0] else None
def is_signed(key, text, signature):
    raw = bytes.fromhex(key + signature) if len(key) == 64 and re.fullmatch("[0-9a-f]{192}", key + signature) else b""
    point, s = raw and point_of(raw[:32]), int.from_bytes(raw[64:], "little")
    if not point or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(raw[32:64] + raw[:32] + text.encode()).digest(), "little") % ORDER
    x, y, z, _ = add(times(s, BASE), times(ORDER - k, point))
    z = pow(z, P - 2, P)
    return (y * z % P | (x * z % P & 1) << 255).to_bytes(32, "little") == raw[32:64]
BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

# --- Digests and the tree over the lines (flight-log.md, "Hash"; RFC 8785; RFC 6962 section 2.1)
def sha256(data):
    return hashlib.sha256(data).hexdigest()
def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
def grow(peaks, data):  # the whole trees within the tree, each with its level
    level, top = 0, hashlib.sha256(b"\0" + data).digest()
    while peaks and peaks[-1][0] == level:
        level, top = level + 1, hashlib.sha256(b"\1" + peaks.pop()[1] + top).digest()
    peaks.append((level, top))
def root(peaks):
    top = peaks[-1][1] if peaks else hashlib.sha256(b"").digest()
    for _, peak in reversed(peaks[:-1]):
        top = hashlib.sha256(b"\1" + peak + top).digest()
    return top

# --- One line (flight-log.md, "A line"), and what its handlers expect of it: a wrong member raises one of ODD
ODD = LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError
LINE, LONGEST, COMMITTED = b"agentk/flight-line/1\n{", 1 << 20, ("arguments", "sent", "subject")
BOUND = COMMITTED + ("agent", "call", "handle", "kind", "policy", "server", "session", "target")  # by receipts
PASSES = {"allow": True, "transform": True, "deny": False, "defer": False, "ask": None}
BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"  # no bits to spare
NOTE = re.compile("([^\0-\x1f]+)\n(0|[1-9][0-9]{0,15})\n((?=[^=\n]{43}=\n)%s)\n\n" % BASE64  # checkpoints.md: origin,
                  + "((?:\u2014 [^\\s\ufeff\0-\x1f+]+ (?=[^=\n]{7})%s\n){1,16})" % BASE64)  # size, root; signatures
def number(value):  # true is 1 to Python, and no number here
    return value if type(value) is int and 0 <= value < 2**53 else int("no number")
def read_line(raw):
    """The line as an object, or the code of what is wrong. No edit gets past a hash that was not made anew."""
    is_framed, stated = re.match(b'{"hash":"[0-9a-f]{64}","prev":"', raw), raw[9:73].decode("latin-1")
    is_whole = is_framed and sha256(LINE + raw[75:]) == stated
    fault = "line-not-canonical" if is_whole else "hash-mismatch" if is_framed else "line-shape"
    whole = lambda digits: int(float(digits))  # what is no whole number, or not written as one, is another text then
    try:
        event = json.loads(raw.decode(), parse_float=whole, parse_int=whole, parse_constant=int)  # int("NaN") raises
        return event if is_whole and canonical(event) == raw else fault
    except (RecursionError, OverflowError, UnicodeEncodeError):  # too deep, too big, half a surrogate pair
        return fault
    except ValueError as error:
        return "not-utf8" if type(error) is UnicodeDecodeError else "line-not-json"

class Log:
    """One log, line by line. Memory is bounded by the calls in flight and the keys, not by the log's length."""
    ok, run, format, head, key, prev, ending, policy = True, None, None, None, "", "0" * 64, "unsealed", (None, 0)
    next = unread = clock = damage = allowed = denied = last_signed = lines = findingCount = closed = 0
    covered, checkpoints, receipts, findings, holes = 0, 0, 0, (), ()
    def __init__(self, pins):
        self.pins, self.keys, self.peaks, self.asked, self.going = pins, {}, [], {}, {}
    def check(self, code, holds, lost=None, line=0, note=False):  # lost: a name whose line may have been damaged
        if not holds and not (lost and (self.holes[255:] or any(a <= float(lost[1:]) <= b for a, b in self.holes))):
            found = {"code": code, "severity": ("failure", "note")[note], "line": self.lines if line == 0 else line}
            self.ok, self.findingCount = self.ok and note, self.findingCount + 1
            self.findings = (*self.findings, found)[:100]
        return bool(holds)
    def take(self, raw):
        """A line is taken whole, or is a failure and undone: then the next is taken at its word."""
        self.lines += 1
        event, before = read_line(raw) if raw is not None else "line-too-long", dict(vars(self))
        try:
            if type(event) is dict:
                return self.follow(raw, event, **event)
        except ODD:
            self.__dict__, event = before, "line-shape"
        self.unread, self.damage = self.unread + 1, self.damage + 1
        self.check(event, False)
    def follow(self, raw, event, hash, prev, seq, time, type, value):
        clock, _, handle = number(time["mono_us"]), number(time["wall_ms"]), getattr(self, "on_" + type)
        if self.closed:
            self.closed += 1
            return self.check("after-close", self.closed > 2)
        self.check("first-not-open", self.head or self.damage or type == "open")
        is_due = self.next <= number(seq) <= self.next + self.unread
        is_linked = is_due and (seq > self.next or prev == self.prev)
        self.damage += not self.check("prev-mismatch" if is_due else "seq-gap", is_linked)
        self.check("clock-backwards", clock >= self.clock)
        self.holes = (self.holes + ((self.next, seq - 1),) * (seq > self.next))[:256]
        self.next, self.prev, self.head, self.unread, self.clock = seq + 1, hash, hash, 0, clock
        handle(event, value, seq)
        if self.format not in ("agentk-flight/1", "agentk-flight/2") and not self.damage:
            grow(self.peaks, raw)

    # --- The account of the calls (flight-log.md, "Types"); in a session, a release and a recovery nothing is checked
    on_session = on_release = on_recovery = lambda self, event, value, seq: value.keys()
    def on_open(self, event, value, seq):
        stated = re.fullmatch("(agentk-flight/[1-4]) ([0-9TZ]{16}-[0-9a-f]{12}) ([0-9a-f]{64})",
                              "%(format)s %(run)s %(public_key)s" % value).groups()
        if self.check("open-twice", not self.run):
            self.format, self.run, self.key = stated
    def on_policy(self, event, value, seq):
        self.check("policy-digest", sha256(b"agentk/policy/1\n" + value["source"].encode()) == value["sha256"])
        self.policy = value["sha256"], self.damage
    def on_pins(self, event, value, seq):
        self.check("policy-digest", sha256(b"agentk/pins/1\n" + value["source"].encode()) == value["sha256"])
    def begin(self, calls, name, session, due):  # due: what the receipt is to bind, until there is one
        number(2**15 - len(canonical([name, session, due])))  # so that what waits is bounded
        if self.check("too-many-open-calls", len(calls) < 65536):
            calls[name] = {"session": session, "due": due, "pages": []}
    def on_syscall(self, event, value, seq):
        passes, policy = PASSES[value["decision"]["verdict"]], (value["policy"], self.damage)
        self.check("no-policy", self.policy == policy or self.policy[1] != self.damage)  # or its line may be lost
        self.check("call-id-wrong", value["call"] == "c%d" % seq)
        self.policy = policy
        self.allowed, self.denied = self.allowed + (passes is True), self.denied + (passes is False)
        bound = {k: value[k]["commitment"] if k in COMMITTED else value[k] for k in BOUND if k in value}
        has_receipts = self.format in ("agentk-flight/3", "agentk-flight/4")
        due = (dict(bound, intent=event["hash"]), self.damage) if has_receipts else None
        if passes is not False:
            self.begin(self.asked if passes is None else self.going, value["call"], value["session"], due)
    def on_approval(self, event, value, seq):
        call, session, passes = value["call"], value["session"], value["decision"]["verdict"] == "allow"
        is_asked = call in self.asked and self.asked[call]["session"] == session
        known = self.asked.pop(call) if is_asked else self.going.get(call, {"due": None})
        self.allowed, self.denied = self.allowed + passes, self.denied + (not passes)
        self.check("approval-without-question", is_asked or not passes, lost=call)
        if passes:
            self.begin(self.going, call, session, known["due"])
    def go_on(self, name, has_begun, code):
        call = self.going.get(name, {"due": None, "pages": []})
        self.check("receipt-missing", not (has_begun and call["due"]) or call["due"][1] != self.damage)
        self.check(code, name in self.going, lost=name)
        call["due"] = None
        return call["pages"]
    def on_page(self, event, value, seq):
        self.check("call-id-wrong", value["page"] == "p%d" % seq)
        pages = self.go_on(value["call"], True, "page-of-unknown-call") if "call" in value else []
        pages[:] = pages[-63:] + [value["page"]]
    def on_outcome(self, event, value, seq):
        pages = self.go_on(value["call"], value["status"] not in ("unknown", "not-sent"), "outcome-without-open-call")
        if self.going.pop(value["call"], None) and "page" in value:
            self.check("page-missing", value["page"] in pages, lost=value["page"])

    # --- What is signed (flight-log.md, "Receipts", "The seal"; checkpoints.md)
    def signed(self, code, parts, signature, *more):  # by the key in force; more: other keys, each with its own
        text = "".join("%s\n" % part for part in parts)
        is_valid = self.check(code, all(is_signed(key, text, by) for key, by in ((self.key, signature), *more)))
        self.check("signer-unknown", not is_valid or not self.pins or self.key in self.pins or self.key in self.keys)
        self.keys.update({self.key: self.lines} if is_valid else {})
        return is_valid
    def on_receipts(self, event, value, seq):
        peaks, is_whole = [], True
        for entry in value["receipts"]:
            call = self.going.get(entry["call"], {"session": None, "due": None})
            due, call["due"], ends = call["due"], None, (number(entry["expires_seq"]), number(entry["expires_ms"]))
            if not due or call["session"] != entry["session"]:
                is_whole = self.check("receipt-wrong", self.damage) and False  # the call's line may be lost
                continue
            body = dict(due[0], run=self.run, nonce=entry["nonce"], expires_seq=ends[0], expires_ms=ends[1])
            if "handle" in body:
                of = canonical(dict(body["handle"], **{k: body[k] for k in ("call", "nonce", "run", "target")}))
                body["handle"] = dict(body["handle"], id="secret_fd_" + sha256(b"agentk/handle/1\n" + of)[:16])
            digest = sha256(b"agentk/receipt/1\n" + canonical(body))
            ids = "cap_" + digest[:16], body.get("handle", {}).get("id")
            self.check("receipt-wrong", ids == (entry["id"], entry.get("handle")))
            self.check("receipt-wrong", ends[0] >= seq and ends[1] >= event["time"]["wall_ms"])
            grow(peaks, digest.encode())
        self.check("receipt-wrong", not is_whole or (peaks and root(peaks).hex() == value["root"]))
        self.receipts += len(value["receipts"])
        self.signed("receipt-signature", ("agentk/receipts/1", self.run, value["root"]), value["signature"])
    def on_checkpoint(self, event, value, seq):
        self.checkpoints, note, raw = self.checkpoints + 1, NOTE.fullmatch(value["note"]), bytes.fromhex(self.key)
        name, lines = "agentk/" + sha256(raw)[:16], note[4].splitlines() if note else []
        key_id = sha256(name.encode() + b"\n\1" + raw)[:8]
        if not self.check("checkpoint-wrong", note and int(note[2]) < 2**53 and len(set(lines)) == len(lines)):
            return
        is_ours = note[1] == "%s/%s" % (name, self.run) and int(note[2]) == seq
        is_head = self.damage or base64.b64decode(note[3]) == root(self.peaks)  # a tree that lacks lines is of no use
        is_right = self.check("checkpoint-wrong", is_ours and is_head)
        prefix, signature = "\u2014 %s " % name, base64.b64decode(lines[0].split(" ")[2]).hex()
        is_own = len(lines) == 1 and lines[0].startswith(prefix) and signature.startswith(key_id)
        if self.signed("checkpoint-signature", note.group(1, 2, 3), signature[8:] if is_own else ""):
            self.last_signed, self.covered = self.lines, seq if is_right and not self.damage else self.covered
    def on_key(self, event, value, seq):
        key = value["public_key"]
        parts = "agentk/run-key/1", self.run, seq, event["prev"], self.key, key
        if self.signed("key-change-invalid", parts, value["signature_previous"], (key, value["signature_next"])):
            self.key = key
    def on_close(self, event, value, seq):
        for member, seen in ("lines", self.lines), ("allowed", self.allowed), ("denied", self.denied):
            self.check("count-mismatch", number(value[member]) == seen or (self.damage and member != "lines"))
        is_recovered, seal = value["reason"] == "recovered", value.pop("seal", None)
        unsealed = sha256(LINE[:-1] + canonical({k: event[k] for k in event if k != "hash"}))
        self.closed, self.ending = 1, "recovered" if is_recovered and seal is None else "unsealed"
        if self.ending == "recovered":
            self.check("closed-by-recovery", False, note=True)
        elif self.run and self.signed("seal-invalid", ("agentk/seal/1", self.run, unsealed),
                                      "" if is_recovered else seal or ""):
            self.ending, self.last_signed, self.covered = "sealed", self.lines, self.lines
    def end(self, is_torn):
        last, is_note = self.last_signed, not self.pins
        self.check("torn-tail", not is_torn, line=self.lines + 1)
        self.check("empty", self.lines, line=None)
        self.check("unsealed", self.closed or not self.lines)
        self.check("not-signed", last, line=None, note=is_note)
        self.check("unsigned-tail", last in (0, self.lines) or self.ending == "sealed", line=last + 1, note=is_note)
        signed = {"lines": self.covered, "checkpoints": self.checkpoints, "receipts": self.receipts}
        names = "ok ending run format lines head findingCount findings".split()
        told = {name: getattr(self, name) for name in names}
        return dict(told, signed=signed, keys=list(self.keys), unanswered=len(self.going))

# --- The command (verify-py.md)
def verify(path, pins):
    log, raw, is_long = Log(pins), b"\n", False
    with open(path, "rb") as file:
        for raw in iter(lambda: file.readline(LONGEST + 1), b""):
            is_start, is_whole = not is_long, raw[-1:] == b"\n"
            is_long = not is_whole and (is_long or len(raw) > LONGEST)
            if is_start and (is_whole or is_long):
                log.take(raw[:-1] if is_whole else None)
    return dict(log.end(raw[-1:] != b"\n"), log=path)

if __name__ == "__main__":
    parser, status = argparse.ArgumentParser(description=__doc__), 0
    parser.add_argument("--key", action="append", default=[], help="a key to trust, 64 hex digits; may be repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON object a log")
    parser.add_argument("logs", nargs="+", metavar="LOG")
    parser.error = lambda wrong: sys.exit("verify.py: " + wrong)  # argparse would end with 2: a check failed
    options = parser.parse_args()
    for key in options.key:
        if not re.fullmatch("[0-9a-f]{64}", key) or not point_of(bytes.fromhex(key)) or key == PUBLISHED:
            sys.exit("verify.py: --key takes a sound Ed25519 public key as 64 lower-case hex digits")
    try:
        for report in (verify(path, options.key) for path in options.logs):
            status, verdict = (status, "verified") if report["ok"] else (2, "NOT VERIFIED")
            text = [verdict + ": %(log)r, %(ending)s, %(lines)d lines, run %(run)s" % report]
            text += ["  line %(line)s: %(code)s (%(severity)s)" % found for found in report["findings"]]
            print(json.dumps(report) if options.json else "\n".join(text))
    except OSError as error:
        sys.exit("verify.py: cannot read %r: %s" % (error.filename, error.strerror))
    sys.exit(status)
