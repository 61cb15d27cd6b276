#!/usr/bin/env python3
"""Checks agentk's flight logs, versions 1 to 3 (docs/formats/flight-log.md), with Python 3.8's own library alone.

usage: verify.py [--key HEX]... [--json] LOG_OR_FOLDER...       e.g. verify.py --key 9f0c...e1 run.jsonl
With --key all signatures must be by these keys, and there must be one. Exit: 0 ok, 1 unreadable, 2 a check failed.
"""
import argparse, base64, hashlib, json, os, re, sys, unicodedata

# --- Ed25519 (RFC 8032 section 5.1), verification only; points in extended coordinates
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT_OF_MINUS_1 = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)
PUBLISHED = "db995fe25169d141cab9bbba92baa01f9f2e1ece7df4cb2ac05190f37fcc1f9d"  # the Rust AgentK's: all can sign


def add(one, two):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, two
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P


def times(n, point):
    total = (0, 1, 1, 0)
    for bit in bin(n)[2:]:
        total = add(total, total)
        total = add(total, point) if bit == "1" else total
    return total


def point_of(raw):
    """None for bytes that are no point, or the second spelling of one, or one of small order: those sign anything."""
    y, sign = int.from_bytes(raw, "little") & (2**255 - 1), raw[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * ROOT_OF_MINUS_1 % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else P - x
    return None if times(8, (x, y, 1, x * y % P))[0] == 0 else (x, y, 1, x * y % P)


def is_signed(key, text, signature):
    if not re.fullmatch("[0-9a-f]{64}", key) or not re.fullmatch("[0-9a-f]{128}", signature):
        return False
    raw, r, s = bytes.fromhex(key), bytes.fromhex(signature[:64]), bytes.fromhex(signature[64:])
    point, s = point_of(raw), int.from_bytes(s, "little")
    if point is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(r + raw + text.encode()).digest(), "little") % ORDER
    x, y, z, _ = add(times(s, BASE), times(ORDER - k, point))
    x, y = x * pow(z, P - 2, P) % P, y * pow(z, P - 2, P) % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == r


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

# --- The members of each type of line (flight-log.md, "Types"), then the kinds that they name. member:kind, `:?` where
# it may be absent. textN, nameN, intN: at most N UTF-16 units, at least N; N*kind: a list of at most N; /form; a|b|c.
TABLE = r"""
open format:agentk-flight/1|agentk-flight/2|agentk-flight/3 run:/[0-9TZ]{16}-[0-9a-f]{12} agentk:text32 agent:name128
    server:name128 command:Commit durable_from:low|medium|high|never limits:Limits payloads:sealed|none public_key:Hex
    checkpoints:?Every
policy name:name128 sha256:Hex source:text131072
session session:name128 fact:child-started|initialize|ready|ping|late-answer|child-fault|child-exited
    protocol:?text32 call:?Call fault:?text64 exit_code:?int0 exit_signal:?text16
syscall call:Call session:name128 agent:name128 server:name128 from:client|server kind:Kind target:text1024
    labels:Labels risk:low|medium|high decision:Decision policy:Hex subject:?Commit arguments:?Commit sent:?Commit
    changes:?Changes act:?read|write|send|execute claims:?Claims provenance:?256*Leaf more_leaves:?int1 facts:?Facts
    grant:?int0 handle:?Handle
page page:Page session:name128 server:name128 method:text128 labels:Labels signs:64*text64 content:Commit
    delivery:Decision call:?Call changes:?Changes
approval call:Call session:name128 answer:approved|refused|unavailable decision:Decision
release session:name128 axis:integrity|confidentiality before:Labels after:Labels by:text64
receipts receipts:256*Receipt root:Hex signature:Signature
outcome call:Call session:name128 page:?Page refused:?Refused
    status:ok|tool-error|rpc-error|invalid-answer|timeout|cancelled|child-exited|not-sent|unknown
checkpoint note:text1024
key public_key:Hex signature_previous:Signature signature_next:Signature
recovery torn_bytes:int0 torn_sha256:Hex
close reason:eof|sigint|sigterm|child-exited|child-faults|recovered lines:int1 allowed:int0 denied:int0 strays:int0
    stderr:?Commit stderr_bytes:?int0 seal:?Signature
Line hash:Hex prev:Hex seq:int0 time:Time type:Type value:any
Time mono_us:int0 wall_ms:int0
Limits in_flight:int1 line_bytes:int1 client_messages:int1 response_timeout_ms:int1
Every lines:int1 ms:int1
Commit bytes:int0 commitment:Hex
Claims labels:Labels capabilities:int0 intent:?Commit
Leaf path:text1024 match:exact|contained|decoded|covered|nowhere classes:64*text160 labels:Labels origins:8*Origin
Origin page:text160 path:text1024 start:int0 end:int0 labels:Labels
Facts held:4096*text256 failed:4096*text256
Handle tool:name128 argument:text1024 host:text260
Changes 64*Change
Change kind:redact|substitute|quarantine path:?text1024
Receipt call:Call session:name128 id:/cap_[0-9a-f]{16} handle:?/secret_fd_[0-9a-f]{16} nonce:/[0-9a-f]{32}
    expires_seq:int0 expires_ms:int0
Decision verdict:allow|deny|ask|transform|defer rule:text128 reason:Reason
Labels 256*text64
Hex /[0-9a-f]{64}
Signature /[0-9a-f]{128}
Call /c[0-9]+
Page /p[0-9]+
Refused receipt-missing|receipt-altered|receipt-signature|receipt-expired|receipt-replayed
Reason receipt-missing|receipt-altered|receipt-signature|receipt-expired|receipt-replayed|policy-allow|policy-deny|
    policy-ask|policy-transform|policy-defer|policy-expired|would-deny|would-ask|would-transform|would-defer|
    approval-unavailable|approval-refused|approved|user-words|no-rule|unknown-syscall|no-contract|malformed|lifecycle|
    in-flight-limit|message-limit|no-driver|policy-fault|recorder-fault|run-closed
Kind model.call|context.read|memory.read|memory.write|tool.describe|tool.invoke|tool.response|resource.describe|
    resource.read|resource.response|prompt.describe|prompt.get|prompt.response|secret.open|network.send|file.patch|
    human.approve|agent.spawn|unknown
"""
ENTRIES = [entry.split() for entry in re.sub(r"\n +", " ", TABLE).split("\n") if entry]
KINDS = {name: dict(word.split(":", 1) for word in words) if ":" in words[0] else "".join(words)
         for name, *words in ENTRIES}
KINDS["Type"] = "|".join(filter(str.islower, KINDS))


def fits(kind, value):
    kind = KINDS.get(kind, kind)
    if type(kind) is dict:
        return type(value) is dict and value.keys() <= kind.keys() and all(
            fits(of.lstrip("?"), value[name]) if name in value else of[0] == "?" for name, of in kind.items())
    if "*" in kind:
        most, item = kind.split("*")
        return type(value) is list and len(value) <= int(most) and all(fits(item, one) for one in value)
    if kind == "any" or kind in ("int0", "int1"):
        return kind == "any" or (type(value) is int and int(kind[3:]) <= value < 2**53)
    if type(value) is not str or "|" in kind:
        return type(value) is str and value in kind.split("|")
    if kind[0] == "/":
        return re.fullmatch(kind[1:], value) is not None
    if kind == "name128" and (not value or any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in value)):
        return False
    return len(value.encode("utf-16-le", "surrogatepass")) // 2 <= int(kind[4:])


# --- Text, digests and the tree (RFC 8785; RFC 6962 section 2.1)
def canonical(value):  # for what lines hold: whole numbers and ASCII names, whose order is the same in UTF-16
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(data):
    return hashlib.sha256(data.encode() if type(data) is str else data).hexdigest()


def grow(peaks, data):
    level, top = 0, hashlib.sha256(b"\0" + data).digest()
    while peaks and peaks[-1][0] == level:
        level, top = level + 1, hashlib.sha256(b"\1" + peaks.pop()[1] + top).digest()
    peaks.append((level, top))


def root(peaks):
    top = peaks[-1][1] if peaks else hashlib.sha256(b"").digest()
    for _, peak in reversed(peaks[:-1]):
        top = hashlib.sha256(b"\1" + peak + top).digest()
    return top


def number(digits):  # 1.0 is whole in JSON too; what is beyond 2^53 stays a double, which no member may be
    value = float(digits)
    return int(value) if abs(value) < 2**53 and value == int(value) else value


def read_line(raw):
    """The line as an object, or the code of what is wrong with it."""
    try:
        event = json.loads(raw.decode(), parse_int=number, parse_float=number, parse_constant=int)  # int("NaN") raises
        if not fits("Line", event) or not fits(event["type"], event["value"]):
            return "line-shape"
        if canonical(event).encode() != raw:
            return "line-not-canonical"
    except RecursionError:
        return "line-shape"
    except UnicodeError as error:  # half a surrogate pair, which JSON can write and UTF-8 cannot, fails to encode
        return "line-not-canonical" if isinstance(error, UnicodeEncodeError) else "not-utf8"
    except ValueError:
        return "line-not-json"
    return event if sha256(b"agentk/flight-line/1\n{" + raw[75:]) == event["hash"] else "hash-mismatch"


# A note (docs/formats/checkpoints.md): text, origin, size, root; then lines of at least five bytes. BASE64 spares no bit.
BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"
NOTE = re.compile("(([^\0-\x1f]+)\n(0|[1-9][0-9]{0,15})\n((?=[^=\n]{43}=\n)%s)\n)\n" % BASE64
                  + "((?:\u2014 [^\\s\ufeff\0-\x1f+]+ (?=[^=\n]{7})%s\n){1,16})" % BASE64)


class Log:
    """One log, line by line. Memory is bounded by the calls in flight and the keys, not by the log's length."""
    run = format = head = policy = None
    key, prev, ending = "", "0" * 64, "unsealed"
    line = next = unread = clock = damage = policy_damage = allowed = denied = checkpoints = receipts = 0
    signed_lines = last_signed = total = 0
    failed = closed = is_tail_told = False

    def __init__(self, pins):
        self.pins, self.findings, self.holes, self.peaks, self.signers = pins, [], [], [], {}
        self.asked, self.going = {}, {}  # calls that a human is asked about, and those that may have begun

    def find(self, code, line=-1, failure=True):
        self.total, self.failed = self.total + 1, self.failed or failure
        if len(self.findings) < 100:
            self.findings.append({"code": code, "severity": "failure" if failure else "note",
                                  "line": self.line if line == -1 else line})

    def find_unless_lost(self, code, name):  # the line of this name may be one that was reported as damaged
        if len(self.holes) < 256 and not any(first <= float(name[1:]) <= last for first, last in self.holes):
            self.find(code)

    def is_by(self, key, signature, what, *parts):
        return is_signed(key, "".join("%s\n" % part for part in (what, self.run or "") + parts), signature)

    def signed(self, covers=False):
        self.last_signed = self.line if covers else self.last_signed
        if self.pins and self.key not in self.pins and self.key not in self.signers:
            self.find("signer-unknown")
        self.signers[self.key] = self.signers.get(self.key, 0) + 1

    # --- The chain (flight-log.md, "A line"). After a line that cannot be read the next is taken at its word.
    def take(self, raw):
        self.line += 1
        event = read_line(raw) if raw is not None else "line-too-long"
        if type(event) is str:
            self.find(event)
            self.unread, self.damage = self.unread + 1, self.damage + 1
        elif self.closed:
            self.is_tail_told = self.is_tail_told or self.find("after-close") is None
        else:
            self.follow(event)
            getattr(self, "on_" + event["type"], lambda *_: None)(event, event["value"])
            if self.format not in ("agentk-flight/1", "agentk-flight/2") and not self.damage:
                grow(self.peaks, raw)

    def follow(self, event):
        seq, clock = event["seq"], event["time"]["mono_us"]
        if self.head is None and not self.damage and event["type"] != "open":
            self.find("first-not-open")
        is_gap = not self.next <= seq <= self.next + self.unread
        if is_gap or (seq == self.next and event["prev"] != self.prev):
            self.damage += 1
            self.find("seq-gap" if is_gap else "prev-mismatch")
        if clock < self.clock:
            self.find("clock-backwards")
        if seq > self.next and len(self.holes) < 256:
            self.holes.append((self.next, seq - 1))
        self.next, self.prev, self.head, self.unread, self.clock = seq + 1, event["hash"], event["hash"], 0, clock

    def on_open(self, _, value):
        if self.run is not None:
            return self.find("open-twice")
        self.run, self.format, self.key = value["run"], value["format"], value["public_key"]

    def on_policy(self, _, value):
        if sha256("agentk/policy/1\n" + value["source"]) != value["sha256"]:
            self.find("policy-digest")
        self.policy, self.policy_damage = value["sha256"], self.damage

    # --- The account of the calls. What a call's receipt is to bind is `due` until it has one.
    def begin(self, calls, value, due):
        if len(calls) >= 65536:
            return self.find("too-many-open-calls")
        calls[value["call"]] = {"session": value["session"], "due": due, "pages": []}

    def on_syscall(self, event, value):
        call, verdict, due = value["call"], value["decision"]["verdict"], None
        if value["policy"] != self.policy and self.policy_damage == self.damage:
            self.find("no-policy")
        self.policy, self.policy_damage = value["policy"], self.damage
        if call != "c%d" % event["seq"]:
            self.find("call-id-wrong")
        self.allowed += verdict in ("allow", "transform")
        self.denied += verdict in ("deny", "defer")
        if self.format == "agentk-flight/3":
            plain = ("agent", "call", "handle", "kind", "policy", "server", "session", "target")
            digests = {k: value[k]["commitment"] for k in ("arguments", "sent", "subject") if k in value}
            bound = dict(digests, intent=event["hash"], **{k: value[k] for k in plain if k in value})
            due = {"bound": bound, "damage": self.damage}
        if verdict not in ("deny", "defer"):
            self.begin(self.asked if verdict == "ask" else self.going, value, due)

    def on_approval(self, _, value):
        call, may = value["call"], value["decision"]["verdict"] == "allow"
        is_asked = self.asked.get(call, {}).get("session") == value["session"]
        known = self.asked.pop(call) if is_asked else self.going.get(call, {"due": None})
        self.denied, self.allowed = self.denied + (not may), self.allowed + may
        if may and not is_asked:
            self.find_unless_lost("approval-without-question", call)
        if may:
            self.begin(self.going, value, known["due"])

    def went(self, call, has_begun=True):
        due = call["due"] if call else None
        if due and has_begun and due["damage"] == self.damage:  # else a receipt may be among what was lost
            self.find("receipt-missing")

    def on_page(self, event, value):
        call = self.going.get(value.get("call"))
        if value["page"] != "p%d" % event["seq"]:
            self.find("call-id-wrong")
        self.went(call)
        if call:
            call["due"], call["pages"] = None, call["pages"][-63:] + [value["page"]]
        elif "call" in value:
            self.find_unless_lost("page-of-unknown-call", value["call"])

    def on_outcome(self, _, value):
        call, page = self.going.pop(value["call"], None), value.get("page")
        self.went(call, value["status"] not in ("unknown", "not-sent"))
        if call is None:
            self.find_unless_lost("outcome-without-open-call", value["call"])
        elif page and page not in call["pages"]:
            self.find_unless_lost("page-missing", page)

    # --- What is signed (flight-log.md, "Receipts", "checkpoint", "key", "The seal")
    def on_receipts(self, event, value):
        peaks, is_whole = [], True
        for entry in value["receipts"]:
            call = self.going.get(entry["call"], {"due": None})
            due, call["due"] = call["due"], None
            if due is None or call["session"] != entry["session"]:
                is_whole = self.damage or self.find("receipt-wrong")
                continue
            body = dict(due["bound"], run=self.run, **{k: entry[k] for k in ("nonce", "expires_ms", "expires_seq")})
            handle = body.get("handle")
            if handle:
                of = dict(handle, **{k: body[k] for k in ("call", "nonce", "run", "target")})
                body["handle"] = dict(handle, id="secret_fd_" + sha256("agentk/handle/1\n" + canonical(of))[:16])
            digest = sha256("agentk/receipt/1\n" + canonical(body))
            grow(peaks, digest.encode())
            if entry["id"] != "cap_" + digest[:16] or entry.get("handle") != body.get("handle", {}).get("id"):
                self.find("receipt-wrong")
            if entry["expires_seq"] < event["seq"] or entry["expires_ms"] < event["time"]["wall_ms"]:
                self.find("receipt-wrong")
        if is_whole and (not peaks or root(peaks).hex() != value["root"]):
            self.find("receipt-wrong")
        self.receipts += len(value["receipts"])
        if not self.is_by(self.key, value["signature"], "agentk/receipts/1", value["root"]):
            return self.find("receipt-signature")
        self.signed()

    def on_checkpoint(self, event, value):
        self.checkpoints += 1
        note = NOTE.fullmatch(value["note"])
        lines = note[5].splitlines() if note else []
        if not note or int(note[3]) >= 2**53 or len(set(lines)) < len(lines):
            return self.find("checkpoint-wrong")
        raw = bytes.fromhex(self.key)
        signer = "agentk/" + sha256(raw)[:16]
        is_right = note[2] == "%s/%s" % (signer, self.run or "") and int(note[3]) == event["seq"] and (
            self.damage or base64.b64decode(note[4]) == root(self.peaks))
        if not is_right:
            self.find("checkpoint-wrong")
        _, name, letters = lines[0].split(" ")
        key_id, signature = sha256(signer.encode() + b"\n\1" + raw)[:8], base64.b64decode(letters).hex()
        if lines[1:] or name != signer or signature[:8] != key_id or not is_signed(self.key, note[1], signature[8:]):
            return self.find("checkpoint-signature")
        if is_right and not self.damage:
            self.signed_lines = event["seq"]
        self.signed(covers=True)

    def on_key(self, event, value):
        statement = "agentk/run-key/1", event["seq"], event["prev"], self.key, value["public_key"]
        if not self.is_by(self.key, value["signature_previous"], *statement) or \
                not self.is_by(value["public_key"], value["signature_next"], *statement):
            return self.find("key-change-invalid")
        self.signed()
        self.key = value["public_key"]

    def on_close(self, event, value):
        self.closed = True
        stated = [("lines", self.line)] + [("allowed", self.allowed), ("denied", self.denied)] * (not self.damage)
        for _ in [member for member, seen in stated if value[member] != seen]:
            self.find("count-mismatch")
        seal, is_recovered = value.pop("seal", None), value["reason"] == "recovered"
        if is_recovered and seal is None:
            self.ending = "recovered"
            return self.find("closed-by-recovery", failure=False)
        unsealed = sha256("agentk/flight-line/1\n" + canonical({k: v for k, v in event.items() if k != "hash"}))
        if self.run is None:
            return
        if seal is None or is_recovered or not self.is_by(self.key, seal, "agentk/seal/1", unsealed):
            return self.find("seal-invalid")
        self.ending, self.signed_lines = "sealed", self.line
        self.signed(covers=True)

    def end(self, is_torn):
        if is_torn:
            self.find("torn-tail", self.line + 1)
        if not self.line:
            self.find("empty", None)
        elif not self.closed:
            self.find("unsealed")
        if not self.last_signed:
            self.find("not-signed", None, bool(self.pins))
        elif self.ending != "sealed" and self.line > self.last_signed:
            self.find("unsigned-tail", self.last_signed + 1, bool(self.pins))
        keys = [{"fingerprint": "sha256:" + sha256(bytes.fromhex(k)), "signatures": n} for k, n in self.signers.items()]
        signed = {"lines": self.signed_lines, "checkpoints": self.checkpoints, "receipts": self.receipts}
        return dict({k: getattr(self, k) for k in "ending format run head allowed denied findings".split()},
                    ok=not self.failed, lines=self.line, signed=signed, unanswered=len(self.going), keys=keys,
                    findingCount=self.total)


def verify(file, pins=(), longest=1 << 20):
    log, is_torn = Log(pins), False
    for raw in iter(lambda: file.readline(longest + 1), b""):
        is_long = len(raw) > longest and raw[-1:] != b"\n"
        if is_long:
            log.take(None)
        while is_long and raw and raw[-1:] != b"\n":
            raw = file.readline(longest)
        is_torn = raw[-1:] != b"\n"
        if not is_torn and not is_long:
            log.take(raw[:-1])
    return log.end(is_torn)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", action="append", default=[], help="a key to trust, 64 hex digits; may be repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON object a log")
    parser.add_argument("logs", nargs="+")
    options, status = parser.parse_args(), 0
    if any(not re.fullmatch("[0-9a-f]{64}", k) or not point_of(bytes.fromhex(k)) or k == PUBLISHED for k in options.key):
        sys.exit("verify.py: --key takes a sound Ed25519 public key as 64 lower-case hex digits")
    for path in options.logs:
        names = sorted(n for n in os.listdir(path) if n.endswith(".jsonl")) if os.path.isdir(path) else [""]
        for log in [os.path.join(path, name) if name else path for name in names]:
            try:
                with open(log, "rb") as file:
                    report = verify(file, options.key)
            except OSError as error:
                print("verify.py: cannot read %r: %s" % (log, error.strerror), file=sys.stderr)
                status = 1
                continue
            status = status or (0 if report["ok"] else 2)
            verdict = "verified" if report["ok"] else "NOT VERIFIED"
            print(json.dumps(dict(report, log=log)) if options.json else "%r: %s, %s, %d lines, run %s" % (
                log, verdict, report["ending"], report["lines"], report["run"]))
            for found in [] if options.json else report["findings"]:
                print("  line %s: %s (%s)" % (found["line"], found["code"], found["severity"]))
    sys.exit(status)


if __name__ == "__main__":
    main()
