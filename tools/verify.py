#!/usr/bin/env python3
"""Checks agentk's flight logs (docs/formats/flight-log.md, versions 1 to 3) with Python 3.8's own library alone.

With --key all signatures must be by these keys, and there must be one. Exit: 0 ok, 1 unreadable, 2 a check failed.
"""
import argparse, base64, hashlib, json, os, re, sys, unicodedata

# --- Ed25519 (RFC 8032 section 5.1), verification only; points in extended coordinates
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
PUBLISHED = "db995fe25169d141cab9bbba92baa01f9f2e1ece7df4cb2ac05190f37fcc1f9d"  # the Rust AgentK's: all can sign

def add(one, two):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, two
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
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
    if len(key) != 64 or not re.fullmatch("[0-9a-f]{192}", key + signature):
        return False
    raw, r, s = bytes.fromhex(key), bytes.fromhex(signature[:64]), bytes.fromhex(signature[64:])
    point, s = point_of(raw), int.from_bytes(s, "little")
    if point is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(r + raw + text.encode()).digest(), "little") % ORDER
    x, y, z, _ = add(times(s, BASE), times(ORDER - k, point))
    z = pow(z, P - 2, P)
    return (y * z % P | (x * z % P & 1) << 255).to_bytes(32, "little") == r

BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

# --- The members of each type of line (flight-log.md, "Types"), then kinds, in capitals. `members:kind`, `:?` where they
# may be absent. textN: at most N UTF-16 units; intN: from N on; N*kind: at most N in a list; else a form or a|closed|list.
TABLE = r"""
open format:agentk-flight/1|agentk-flight/2|agentk-flight/3 run:[0-9TZ]{16}-[0-9a-f]{12} agentk:text32
    agent,server:Name command:Commit durable_from:low|medium|high|never limits:Limits payloads:sealed|none
    public_key:Hex checkpoints:?Every;
policy name:Name sha256:Hex source:text131072;
session session:Name fact:child-started|initialize|ready|ping|late-answer|child-fault|child-exited|server-ping|roots-listed|tools-changed|resources-changed|prompts-changed|server-flood
    protocol:?text32 call:?Call fault:?text64 exit_code:?int0 exit_signal:?text16;
syscall call:Call session,agent,server:Name from:client|server kind:Kind target:text1024 labels:Labels
    policy:Hex risk:low|medium|high decision:Decision subject,arguments,sent:?Commit changes:?Changes
    claims:?Claims facts:?Facts act:?read|write|send|execute provenance:?256*Leaf more_leaves:?int1
    grant:?int0 handle:?Handle;
page page:Page session,server:Name method:text128 labels:Labels signs:64*text64 content:Commit
    delivery:Decision call:?Call changes:?Changes;
approval call:Call session:Name answer:approved|refused|unavailable decision:Decision;
release session:Name axis:integrity|confidentiality before,after:Labels by:text64;
receipts receipts:256*Receipt root:Hex signature:Signature;
outcome status:ok|tool-error|rpc-error|invalid-answer|timeout|cancelled|child-exited|not-sent|unknown
    call:Call session:Name page:?Page refused:?Refused;
checkpoint note:text1024;
key public_key:Hex signature_previous,signature_next:Signature;
recovery torn_bytes:int0 torn_sha256:Hex;
close reason:eof|sigint|sigterm|child-exited|child-faults|recovered lines:int1 allowed,denied,strays:int0
    stderr:?Commit stderr_bytes:?int0 seal:?Signature;
Line hash,prev:Hex seq:int0 time:Time type:Type value:Any; Time mono_us,wall_ms:int0; Every lines,ms:int1;
Limits in_flight,line_bytes,client_messages,response_timeout_ms:int1; Commit bytes:int0 commitment:Hex; Claims
labels:Labels capabilities:int0 intent:?Commit; Handle tool:Name argument:text1024 host:text260; Leaf
path:text1024 match:exact|contained|decoded|covered|nowhere classes:64*text160 labels:Labels origins:8*Origin;
Origin page:text160 path:text1024 start,end:int0 labels:Labels; Facts held,failed:4096*text256; Changes
64*Change; Change kind:redact|substitute|quarantine path:?text1024; Labels 256*text64; Receipt call:Call
session:Name id:cap_[0-9a-f]{16} handle:?secret_fd_[0-9a-f]{16} nonce:[0-9a-f]{32}
expires_seq,expires_ms:int0; Hex [0-9a-f]{64}; Signature [0-9a-f]{128}; Call c[0-9]+; Page p[0-9]+; Decision
verdict:allow|deny|ask|transform|defer rule:text128 reason:Reason; Refused
receipt-(missing|altered|signature|expired|replayed);
Reason receipt-(missing|altered|signature|expired|replayed)|approval-(unavailable|refused)|approved|
user-words|policy-(allow|deny|ask|transform|defer|expired|fault)|would-(deny|ask|transform|defer)|no-(rule|contract|driver)|
unknown-syscall|malformed|lifecycle|(in-flight|message)-limit|recorder-fault|run-closed; Kind model\.call|
context\.read|memory\.(read|write)|(tool|resource|prompt)\.(describe|response)|tool\.invoke|resource\.read|
prompt\.get|secret\.open|network\.send|file\.patch|human\.approve|agent\.spawn|unknown"""
KINDS = {}
for name, *words in map(str.split, re.sub(r"\|\s+", "|", TABLE).split(";")):
    parts = [(member, kind) for word in words for members, _, kind in [word.partition(":")] for member in members.split(",")]
    KINDS[name] = dict(parts) if parts[0][1] else words[0]
KINDS["Type"] = "|".join(filter(str.islower, KINDS))

def fits(kind, value):
    kind = KINDS.get(kind, kind)
    if type(kind) is dict:
        return type(value) is dict and value.keys() <= kind.keys() and all(
            fits(of.lstrip("?"), value[name]) if name in value else of[0] == "?" for name, of in kind.items())
    if "*" in kind:
        most, item = kind.split("*")
        return type(value) is list and len(value) <= int(most) and all(fits(item, one) for one in value)
    if kind in ("int0", "int1", "Any"):
        return kind == "Any" or (type(value) is int and int(kind[3]) <= value < 2**53)
    units = len(value.encode("utf-16-le", "surrogatepass")) // 2 if type(value) is str else 2**53
    if kind == "Name":
        return 0 < units <= 128 and not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in value)
    return units <= int(kind[4:]) if kind[:4] == "text" else units < 2**53 and bool(re.fullmatch(kind, value))

# --- Lines, digests and the tree (RFC 8785; RFC 6962 section 2.1)
def canonical(value):  # RFC 8785 for what lines hold: whole numbers and ASCII names
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
    except (RecursionError, ValueError) as error:  # half a surrogate pair can be read as JSON, but not written as UTF-8
        return {RecursionError: "line-shape", UnicodeDecodeError: "not-utf8",
                UnicodeEncodeError: "line-not-canonical"}.get(type(error), "line-not-json")
    return event if sha256(b"agentk/flight-line/1\n{" + raw[75:]) == event["hash"] else "hash-mismatch"

# A note (checkpoints.md): text of origin, size and root; lines of name and five bytes or more, in base64 without a spare
BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"
NOTE = re.compile("(([^\0-\x1f]+)\n(0|[1-9][0-9]{0,15})\n((?=[^=\n]{43}=\n)%s)\n)\n" % BASE64
                  + "((?:\u2014 [^\\s\ufeff\0-\x1f+]+ (?=[^=\n]{7})%s\n){1,16})" % BASE64)
PLAIN = ("agent", "call", "handle", "kind", "policy", "server", "session", "target")  # what receipts bind as it is

class Log:
    """One log, line by line. Memory is bounded by the calls in flight and the keys, not by the log's length."""
    run = format = head = None
    key, prev, ending, policy, failed, closed, tail = "", "0" * 64, "unsealed", (None, 0), False, False, False
    line = next = unread = clock = damage = allowed = denied = total = last_signed = signed_lines = 0

    def __init__(self, pins):
        self.pins, self.findings, self.holes, self.peaks, self.keys = pins, [], [], [], {}
        self.asked, self.going, self.count = {}, {}, {"checkpoint": 0, "receipts": 0}  # calls asked about, or begun

    def check(self, code, holds, lost=None, line=0, note=False):  # lost: a name whose line may have been damaged
        if not holds and not (lost and (len(self.holes) > 255 or any(a <= float(lost[1:]) <= b for a, b in self.holes))):
            self.total, self.failed = self.total + 1, self.failed or not note
            found = {"code": code, "severity": "note" if note else "failure", "line": self.line if line == 0 else line}
            self.findings += [found] if self.total <= 100 else []
        return bool(holds)

    def signed(self, code, is_valid, covers=False):
        if self.check(code, is_valid):
            self.last_signed = self.line if covers else self.last_signed
            self.check("signer-unknown", not self.pins or self.key in self.pins or self.key in self.keys)
            self.keys[self.key] = "sha256:" + sha256(bytes.fromhex(self.key))
        return is_valid

    def is_by(self, key, signature, what, *parts):
        return is_signed(key, "".join("%s\n" % part for part in (what, self.run or "") + parts), signature)

    def take(self, raw):  # the chain: after a line that cannot be read the next is taken at its word
        self.line += 1
        event = read_line(raw) if raw is not None else "line-too-long"
        if type(event) is str:
            self.unread, self.damage = self.unread + 1, self.damage + 1
            return self.check(event, False)
        if self.closed:
            self.tail = self.check("after-close", self.tail) or True
            return
        kind, value, seq, clock = event["type"], event["value"], event["seq"], event["time"]["mono_us"]
        self.check("first-not-open", self.head or self.damage or kind == "open")
        code = "prev-mismatch" if self.next <= seq <= self.next + self.unread else "seq-gap"
        self.damage += not self.check(code, code[0] == "p" and (seq > self.next or event["prev"] == self.prev))
        self.check("clock-backwards", clock >= self.clock)
        self.holes += [(self.next, seq - 1)] if seq > self.next and len(self.holes) < 256 else []
        self.next, self.prev, self.head, self.unread, self.clock = seq + 1, event["hash"], event["hash"], 0, clock
        getattr(self, "on_" + kind, lambda *_: None)(event, value, seq)
        if self.format not in ("agentk-flight/1", "agentk-flight/2") and not self.damage:
            grow(self.peaks, raw)

    def on_open(self, _, value, seq):
        if self.check("open-twice", self.run is None):
            self.run, self.format, self.key = value["run"], value["format"], value["public_key"]

    def on_policy(self, _, value, seq):
        self.check("policy-digest", sha256("agentk/policy/1\n" + value["source"]) == value["sha256"])
        self.policy = value["sha256"], self.damage

    # --- The account of the calls. `due` is what a call's receipt is to bind, until it has one.
    def begin(self, calls, value, due):
        if self.check("too-many-open-calls", len(calls) < 65536):
            calls[value["call"]] = {"session": value["session"], "due": due, "pages": []}

    def on_syscall(self, event, value, seq):
        verdict, (policy, damage), due = value["decision"]["verdict"], self.policy, None
        self.check("no-policy", value["policy"] == policy or damage != self.damage)
        self.policy = value["policy"], self.damage
        self.check("call-id-wrong", value["call"] == "c%d" % seq)
        self.allowed += verdict in ("allow", "transform")
        self.denied += verdict in ("deny", "defer")
        if self.format == "agentk-flight/3":
            bound = {k: value[k] for k in PLAIN if k in value}
            bound.update({k: value[k]["commitment"] for k in ("arguments", "sent", "subject") if k in value})
            due = dict(bound, intent=event["hash"]), self.damage
        if verdict not in ("deny", "defer"):
            self.begin(self.asked if verdict == "ask" else self.going, value, due)

    def on_approval(self, _, value, seq):
        call, may = value["call"], value["decision"]["verdict"] == "allow"
        is_asked = self.asked.get(call, {}).get("session") == value["session"]
        known = self.asked.pop(call) if is_asked else self.going.get(call, {"due": None})
        self.allowed, self.denied = self.allowed + may, self.denied + (not may)
        self.check("approval-without-question", is_asked or not may, lost=call)
        if may:
            self.begin(self.going, value, known["due"])

    def on_page(self, event, value, seq):
        name, is_page = value.get("call"), event["type"] == "page"
        self.check("call-id-wrong", not is_page or value["page"] == "p%d" % seq)
        call = self.going.get(name) or {"due": None, "pages": []}
        may_have_begun = call["due"] and value.get("status") not in ("unknown", "not-sent")
        self.check("receipt-missing", not may_have_begun or call["due"][1] != self.damage)  # else it may be lost
        code = "page-of-unknown-call" if is_page else "outcome-without-open-call"
        self.check(code, not name or name in self.going, lost=name)
        if is_page:
            call["due"], call["pages"] = None, call["pages"][-63:] + [value["page"]]
        elif self.going.pop(name, None):
            self.check("page-missing", value.get("page") in [None] + call["pages"], lost=value.get("page"))
    on_outcome = on_page

    # --- What is signed (flight-log.md, "Receipts", "The seal"; checkpoints.md)
    def on_receipts(self, event, value, seq):
        peaks, is_whole = [], True
        for entry in value["receipts"]:
            call = self.going.get(entry["call"], {"session": None, "due": None})
            due, call["due"] = call["due"], None
            if not due or call["session"] != entry["session"]:
                self.check("receipt-wrong", self.damage)  # the call's line may be among what was lost
                is_whole = False
                continue
            body = dict(due[0], run=self.run, **{k: entry[k] for k in ("nonce", "expires_ms", "expires_seq")})
            if "handle" in body:
                of = canonical(dict(body["handle"], **{k: body[k] for k in ("call", "nonce", "run", "target")}))
                body["handle"] = dict(body["handle"], id="secret_fd_" + sha256("agentk/handle/1\n" + of)[:16])
            digest = sha256("agentk/receipt/1\n" + canonical(body))
            grow(peaks, digest.encode())
            ids = "cap_" + digest[:16], body.get("handle", {}).get("id")
            self.check("receipt-wrong", ids == (entry["id"], entry.get("handle")))
            self.check("receipt-wrong", entry["expires_seq"] >= seq and entry["expires_ms"] >= event["time"]["wall_ms"])
        self.check("receipt-wrong", not is_whole or (peaks and root(peaks).hex() == value["root"]))
        self.count["receipts"] += len(value["receipts"])
        self.signed("receipt-signature", self.is_by(self.key, value["signature"], "agentk/receipts/1", value["root"]))

    def on_checkpoint(self, _, value, seq):
        self.count["checkpoint"] += 1
        note, raw = NOTE.fullmatch(value["note"]), bytes.fromhex(self.key)
        lines = note[5].splitlines() if note else []
        if not self.check("checkpoint-wrong", note and int(note[3]) < 2**53 and len(set(lines)) == len(lines)):
            return
        signer = "agentk/" + sha256(raw)[:16]
        is_right = self.check("checkpoint-wrong", note[2] == "%s/%s" % (signer, self.run or "") and int(note[3]) == seq
                              and (self.damage or base64.b64decode(note[4]) == root(self.peaks)))
        _, name, letters = lines[0].split(" ")
        key_id, signature = sha256(signer.encode() + b"\n\1" + raw)[:8], base64.b64decode(letters).hex()
        is_own = len(lines) == 1 and name == signer and signature[:8] == key_id
        if self.signed("checkpoint-signature", is_own and is_signed(self.key, note[1], signature[8:]), covers=True):
            self.signed_lines = seq if is_right and not self.damage else self.signed_lines

    def on_key(self, event, value, seq):
        statement = "agentk/run-key/1", seq, event["prev"], self.key, value["public_key"]
        if self.signed("key-change-invalid", self.is_by(self.key, value["signature_previous"], *statement)
                       and self.is_by(value["public_key"], value["signature_next"], *statement)):
            self.key = value["public_key"]

    def on_close(self, event, value, seq):
        self.closed = True
        for member in ("lines", "allowed", "denied"):  # what could not be read could not be counted
            is_due = getattr(self, member.replace("lines", "line")) == value[member]
            self.check("count-mismatch", is_due or (self.damage and member != "lines"))
        seal, is_recovered = value.pop("seal", None), value["reason"] == "recovered"
        unsealed = sha256("agentk/flight-line/1\n" + canonical({k: v for k, v in event.items() if k != "hash"}))
        if is_recovered and not seal:
            self.ending = "recovered"
            self.check("closed-by-recovery", False, note=True)
        elif self.run and self.signed("seal-invalid", seal and not is_recovered and self.is_by(
                self.key, seal, "agentk/seal/1", unsealed), covers=True):
            self.ending, self.signed_lines = "sealed", self.line

    def end(self, is_torn):
        last, has_end = self.last_signed, self.ending == "sealed"
        self.check("torn-tail", not is_torn, line=self.line + 1)
        self.check("empty", self.line, line=None)
        self.check("unsealed", self.closed or not self.line)
        self.check("not-signed", last, line=None, note=not self.pins)
        self.check("unsigned-tail", not last or has_end or self.line <= last, line=last + 1, note=not self.pins)
        signed = {"lines": self.signed_lines, "checkpoints": self.count["checkpoint"], "receipts": self.count["receipts"]}
        return dict({k: getattr(self, k) for k in "ending format run head allowed denied findings".split()},
                    ok=not self.failed, lines=self.line, signed=signed, unanswered=len(self.going),
                    keys=list(self.keys.values()), findingCount=self.total)

def verify(file, pins=(), longest=1 << 20):
    log, raw, is_long = Log(pins), b"\n", False
    for raw in iter(lambda: file.readline(longest + 1), b""):
        is_start, is_whole = not is_long, raw[-1:] == b"\n"
        is_long = not is_whole and (is_long or len(raw) > longest)
        if is_start and (is_whole or is_long):
            log.take(raw[:-1] if is_whole else None)
    return log.end(raw[-1:] != b"\n")

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", action="append", default=[], help="a key to trust, 64 hex digits; may be repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON object a log")
    parser.add_argument("logs", nargs="+", metavar="LOG_OR_FOLDER")
    options, status = parser.parse_args(), 0
    for key in options.key:
        if not re.fullmatch("[0-9a-f]{64}", key) or not point_of(bytes.fromhex(key)) or key == PUBLISHED:
            sys.exit("verify.py: --key takes a sound Ed25519 public key as 64 lower-case hex digits")
    for path in options.logs:
        try:
            is_folder = os.path.isdir(path)
            for log in sorted(e.path for e in os.scandir(path) if e.name.endswith(".jsonl")) if is_folder else [path]:
                with open(log, "rb") as file:
                    report = verify(file, options.key)
                status = status or 2 * (not report["ok"])
                if options.json:
                    print(json.dumps(dict(report, log=log)))
                    continue
                verdict = "verified" if report["ok"] else "NOT VERIFIED"
                print("%r: %s, %s, %d lines, run %s" % (log, verdict, report["ending"], report["lines"], report["run"]))
                for found in report["findings"]:
                    print("  line %s: %s (%s)" % (found["line"], found["code"], found["severity"]))
        except OSError as error:
            print("verify.py: cannot read %r: %s" % (error.filename, error.strerror), file=sys.stderr)
            status = 1
    sys.exit(status)

if __name__ == "__main__":
    main()
