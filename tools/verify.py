#!/usr/bin/env python3
"""Checks agentk's flight logs, versions 1 to 3 (docs/formats/flight-log.md), with nothing but Python 3.8's own library.

usage: verify.py [--key HEX]... [--json] LOG_OR_FOLDER...       e.g. verify.py --key 9f0c...e1 run.jsonl
With --key every signature must be by one of these keys, and there must be one. Exit: 0 ok, 1 unreadable, 2 a check failed.
"""
import argparse, base64, hashlib, json, os, re, sys, unicodedata

# --- Ed25519 (RFC 8032 section 5.1), verification only; points in extended coordinates
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P

def add(one, two):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, two
    a, b, c, d = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P, 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(n, point):
    total = (0, 1, 1, 0)
    for bit in bin(n)[2:]:
        total = add(total, total)
        total = add(total, point) if bit == "1" else total
    return total

def point_of(raw):
    """None for bytes that are no point, the second spelling of one, or one of small order: one signature fits many."""
    y, sign = int.from_bytes(raw, "little") & (2**255 - 1), raw[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        return None
    point = (x if x & 1 == sign else P - x, y, 1, (x if x & 1 == sign else P - x) * y % P)
    return None if times(8, point)[0] == 0 else point

PUBLISHED = "db995fe25169d141cab9bbba92baa01f9f2e1ece7df4cb2ac05190f37fcc1f9d"  # the Rust AgentK's: all can sign with it
BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

def is_signed(key, text, signature):
    if not re.fullmatch("[0-9a-f]{64}", key) or not re.fullmatch("[0-9a-f]{128}", signature):
        return False
    raw, r, s = bytes.fromhex(key), bytes.fromhex(signature)[:32], int.from_bytes(bytes.fromhex(signature)[32:], "little")
    point = point_of(raw)
    if point is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(r + raw + text.encode()).digest(), "little") % ORDER
    x, y, z, _ = add(times(s, BASE), times(ORDER - k, point))
    x, y = x * pow(z, P - 2, P) % P, y * pow(z, P - 2, P) % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == r

# --- the members of each type of line
def text(most=1 << 30, form=r"[\s\S]*"):
    return lambda v: type(v) is str and len(v.encode("utf-16-le", "surrogatepass")) // 2 <= most and re.fullmatch(form, v) is not None
def whole(least=0):
    return lambda v: type(v) is int and least <= v < 2**53
def one(names):
    known = frozenset(names.split())
    return lambda v: type(v) is str and v in known
def some(shape, most):
    return lambda v: type(v) is list and len(v) <= most and all(map(shape, v))
def obj(needed, may={}):
    return lambda v: type(v) is dict and needed.keys() <= v.keys() and all((needed.get(k) or may.get(k) or (lambda _: False))(x) for k, x in v.items())
def name(v):
    return text(128)(v) and v != "" and not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in v)

HEX, SIGNATURE, CALL, PAGE, PATH = text(64, "[0-9a-f]{64}"), text(128, "[0-9a-f]{128}"), text(form="c[0-9]+"), text(form="p[0-9]+"), text(1024)
LABELS, COMMIT, RISKS = some(text(64), 256), obj({"commitment": HEX, "bytes": whole()}), "low medium high"
FAULTS = " receipt-missing receipt-altered receipt-signature receipt-expired receipt-replayed "
REASONS = FAULTS + """policy-allow policy-deny policy-ask policy-transform policy-defer policy-expired would-deny would-ask
    would-transform would-defer approval-unavailable approval-refused approved user-words no-rule unknown-syscall no-contract
    malformed lifecycle in-flight-limit message-limit no-driver policy-fault recorder-fault run-closed"""
KINDS = """model.call context.read memory.read memory.write tool.describe tool.invoke tool.response resource.describe resource.read
    resource.response prompt.describe prompt.get prompt.response secret.open network.send file.patch human.approve agent.spawn unknown"""
DECISION = obj({"verdict": one("allow deny ask transform defer"), "rule": text(128), "reason": one(REASONS)})
CHANGES = some(obj({"kind": one("redact substitute quarantine")}, {"path": PATH}), 64)
ORIGIN = obj({"page": text(160), "path": PATH, "start": whole(), "end": whole(), "labels": LABELS})
LEAF = obj({"path": PATH, "match": one("exact contained decoded covered nowhere"), "classes": some(text(160), 64),
            "labels": LABELS, "origins": some(ORIGIN, 8)})
RECEIPT = obj({"call": CALL, "session": name, "id": text(form="cap_[0-9a-f]{16}"), "nonce": text(form="[0-9a-f]{32}"),
               "expires_seq": whole(), "expires_ms": whole()}, {"handle": text(form="secret_fd_[0-9a-f]{16}")})
TYPES = {
    "open": obj({"format": one("agentk-flight/1 agentk-flight/2 agentk-flight/3"), "run": text(form="[0-9TZ]{16}-[0-9a-f]{12}"),
        "agentk": text(32), "agent": name, "server": name, "command": COMMIT, "durable_from": one(RISKS + " never"),
        "limits": obj(dict.fromkeys("in_flight line_bytes client_messages response_timeout_ms".split(), whole(1))),
        "payloads": one("sealed none"), "public_key": HEX}, {"checkpoints": obj({"lines": whole(1), "ms": whole(1)})}),
    "policy": obj({"name": name, "sha256": HEX, "source": text(131072)}),
    "session": obj({"session": name, "fact": one("child-started initialize ready ping late-answer child-fault child-exited")},
        {"protocol": text(32), "call": CALL, "fault": text(64), "exit_code": whole(), "exit_signal": text(16)}),
    "syscall": obj({"call": CALL, "session": name, "agent": name, "server": name, "from": one("client server"), "kind": one(KINDS),
        "target": text(1024), "labels": LABELS, "risk": one(RISKS), "decision": DECISION, "policy": HEX},
        {"subject": COMMIT, "arguments": COMMIT, "sent": COMMIT, "changes": CHANGES, "act": one("read write send execute"),
        "claims": obj({"labels": LABELS, "capabilities": whole()}, {"intent": COMMIT}), "provenance": some(LEAF, 256),
        "more_leaves": whole(1), "facts": obj({"held": some(text(256), 4096), "failed": some(text(256), 4096)}),
        "grant": whole(), "handle": obj({"tool": name, "argument": PATH, "host": text(260)})}),
    "page": obj({"page": PAGE, "session": name, "server": name, "method": text(128), "labels": LABELS, "signs": some(text(64), 64),
        "content": COMMIT, "delivery": DECISION}, {"call": CALL, "changes": CHANGES}),
    "approval": obj({"call": CALL, "session": name, "answer": one("approved refused unavailable"), "decision": DECISION}),
    "release": obj({"session": name, "axis": one("integrity confidentiality"), "before": LABELS, "after": LABELS, "by": text(64)}),
    "receipts": obj({"receipts": some(RECEIPT, 256), "root": HEX, "signature": SIGNATURE}),
    "outcome": obj({"call": CALL, "session": name, "status": one("ok tool-error rpc-error invalid-answer timeout cancelled "
        "child-exited not-sent unknown")}, {"page": PAGE, "refused": one(FAULTS)}),
    "checkpoint": obj({"note": text(1024)}),
    "key": obj({"public_key": HEX, "signature_previous": SIGNATURE, "signature_next": SIGNATURE}),
    "recovery": obj({"torn_bytes": whole(), "torn_sha256": HEX}),
    "close": obj({"reason": one("eof sigint sigterm child-exited child-faults recovered"), "lines": whole(1), "allowed": whole(),
        "denied": whole(), "strays": whole()}, {"stderr": COMMIT, "stderr_bytes": whole(), "seal": SIGNATURE}),
}
LINE = obj({"hash": HEX, "prev": HEX, "seq": whole(), "time": obj({"mono_us": whole(), "wall_ms": whole()}), "type": one(" ".join(TYPES)),
            "value": lambda v: True})

# --- text, digests and the tree (RFC 8785; RFC 6962 section 2.1)
def canonical(value):  # RFC 8785 for what lines hold: whole numbers and ASCII names, whose order is the same in UTF-16
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
def sha256(data):
    return hashlib.sha256(data.encode() if type(data) is str else data).hexdigest()
def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()
def grow(peaks, data):
    level, top = 0, hashlib.sha256(b"\0" + data).digest()
    while peaks and peaks[-1][0] == level:
        level, top = level + 1, node(peaks.pop()[1], top)
    peaks.append((level, top))
def root(peaks):
    top = peaks[-1][1] if peaks else hashlib.sha256(b"").digest()
    for _, peak in reversed(peaks[:-1]):
        top = node(peak, top)
    return top

def integer(digits):  # as a double where it is long, so that its length costs nothing
    return int(digits) if len(digits) < 18 else float(digits)
def fraction(digits):  # 1.0 is a whole number in JSON, though not in canonical form
    value = float(digits)
    return int(value) if abs(value) < 2**53 and value == int(value) else value
def no_number(word):
    raise ValueError(word)
def read_line(raw):
    """The line as an object, or the code of what is wrong with it."""
    try:
        line = raw.decode()
        event = json.loads(line, parse_int=integer, parse_float=fraction, parse_constant=no_number)
        if not LINE(event) or not TYPES[event["type"]](event["value"]):
            return "line-shape"
        if canonical(event).encode() != raw:
            return "line-not-canonical"
    except RecursionError:
        return "line-shape"
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can write and UTF-8 cannot
        return "line-not-canonical"
    except UnicodeDecodeError:
        return "not-utf8"
    except ValueError:
        return "line-not-json"
    return event if sha256(b"agentk/flight-line/1\n{" + raw[75:]) == event["hash"] else "hash-mismatch"

NOTE = re.compile("(([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n((?:\u2014 [^\\s\ufeff+]+ [A-Za-z0-9+/=]+\n){1,16})")
def unbase64(letters):
    try:
        data = base64.b64decode(letters, validate=True)
        return data if base64.b64encode(data).decode() == letters else b""
    except ValueError:
        return b""

class Log:
    """One log, line by line. Memory is bounded by the calls in flight, not by the length of the log."""
    def __init__(self, pins):
        self.pins, self.findings, self.total, self.failed, self.line, self.closed, self.is_tail_told = pins, [], 0, False, 0, False, False
        self.next, self.prev, self.head, self.unread, self.clock, self.damage, self.holes = 0, "0" * 64, None, 0, 0, 0, []
        self.run, self.format, self.key, self.policy, self.policy_damage, self.ending = None, None, "", None, 0, "unsealed"
        self.peaks, self.signers, self.signed_lines, self.last_signed, self.checkpoints, self.receipts, self.allowed, self.denied = [], {}, 0, 0, 0, 0, 0, 0
        self.parked, self.going = {}, {}  # calls that a human is asked about, and those that may have begun: [session, pages]
        self.asked, self.waiting = {}, {}  # what the receipts of such calls are to bind, until they have one

    def find(self, code, line=-1, failure=True):
        self.total, self.failed = self.total + 1, self.failed or failure
        if len(self.findings) < 100:
            self.findings.append({"code": code, "severity": "failure" if failure else "note", "line": self.line if line == -1 else line})

    def signed(self, covers=False):
        self.last_signed = self.line if covers else self.last_signed
        if self.pins and self.key not in self.pins and self.key not in self.signers:
            self.find("signer-unknown")
        self.signers[self.key] = self.signers.get(self.key, 0) + 1

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
        if self.head is None and not self.damage and event["type"] != "open":
            self.find("first-not-open")
        if not self.next <= event["seq"] <= self.next + self.unread:
            self.damage += 1
            self.find("seq-gap")
        elif event["seq"] == self.next and event["prev"] != self.prev:
            self.damage += 1
            self.find("prev-mismatch")
        if event["time"]["mono_us"] < self.clock:
            self.find("clock-backwards")
        if event["seq"] > self.next and len(self.holes) < 256:
            self.holes.append((self.next, event["seq"] - 1))
        self.next, self.prev, self.head, self.unread = event["seq"] + 1, event["hash"], event["hash"], 0
        self.clock = event["time"]["mono_us"]

    def may_be_lost(self, name):  # was the line that this name belongs to one of those that were damaged?
        return len(self.holes) >= 256 or any(first <= float(name[1:]) <= last for first, last in self.holes)

    def on_open(self, _, value):
        if self.run is not None:
            return self.find("open-twice")
        self.run, self.format, self.key = value["run"], value["format"], value["public_key"]

    def on_policy(self, _, value):
        if sha256("agentk/policy/1\n" + value["source"]) != value["sha256"]:
            self.find("policy-digest")
        self.policy, self.policy_damage = value["sha256"], self.damage

    def begin(self, calls, value):
        if len(calls) >= 65536:
            return self.find("too-many-open-calls")
        calls[value["call"]] = [value["session"], []]

    def on_syscall(self, event, value):
        verdict = value["decision"]["verdict"]
        if value["policy"] != self.policy and self.policy_damage == self.damage:
            self.find("no-policy")
        self.policy, self.policy_damage = value["policy"], self.damage
        if value["call"] != "c%d" % event["seq"]:
            self.find("call-id-wrong")
        if self.format == "agentk-flight/3" and verdict in ("allow", "transform", "ask"):
            intent = {k: value[k] for k in ("agent", "call", "handle", "kind", "policy", "server", "session", "target") if k in value}
            intent.update({k: value[k]["commitment"] for k in ("arguments", "sent", "subject") if k in value}, intent=event["hash"])
            (self.asked if verdict == "ask" else self.waiting)[value["call"]] = intent
        self.allowed += verdict in ("allow", "transform")
        self.denied += verdict in ("deny", "defer")
        if verdict not in ("deny", "defer"):
            self.begin(self.parked if verdict == "ask" else self.going, value)

    def on_approval(self, event, value):
        call, may = value["call"], value["decision"]["verdict"] == "allow"
        known = self.parked.get(call, [None])[0] == value["session"]
        if known:
            del self.parked[call]
            intent = self.asked.pop(call, None)
            if intent and may:
                self.waiting[call] = intent
        self.denied, self.allowed = self.denied + (not may), self.allowed + may
        if may and not known and not self.may_be_lost(call):
            self.find("approval-without-question")
        if may:
            self.begin(self.going, value)

    def went(self, call, begun):
        if self.waiting.pop(call, None) and begun:
            self.find("receipt-missing")

    def on_page(self, event, value):
        if value["page"] != "p%d" % event["seq"]:
            self.find("call-id-wrong")
        self.went(value.get("call"), True)
        if value.get("call") in self.going:
            self.going[value["call"]][1] = self.going[value["call"]][1][-63:] + [value["page"]]
        elif "call" in value and not self.may_be_lost(value["call"]):
            self.find("page-of-unknown-call")

    def on_outcome(self, _, value):
        self.went(value["call"], value["status"] not in ("unknown", "not-sent"))
        call, page = self.going.pop(value["call"], None), value.get("page")
        if call is None and not self.may_be_lost(value["call"]):
            self.find("outcome-without-open-call")
        elif call and page and page not in call[1] and not self.may_be_lost(page):
            self.find("page-missing")

    def on_receipts(self, event, value):
        peaks, is_whole = [], True
        for entry in value["receipts"]:
            intent = self.waiting.pop(entry["call"], None)
            if intent is None or intent["session"] != entry["session"]:
                is_whole = False
                if not self.may_be_lost(entry["call"]):
                    self.find("receipt-wrong")
                continue
            body = dict(intent, run=self.run, **{k: entry[k] for k in ("nonce", "expires_ms", "expires_seq")})
            if "handle" in intent:
                of = dict(intent["handle"], **{k: body[k] for k in ("call", "nonce", "run", "target")})
                body["handle"] = dict(intent["handle"], id="secret_fd_" + sha256("agentk/handle/1\n" + canonical(of))[:16])
            digest = sha256("agentk/receipt/1\n" + canonical(body))
            grow(peaks, digest.encode())
            if entry["id"] != "cap_" + digest[:16] or entry.get("handle") != body.get("handle", {}).get("id"):
                self.find("receipt-wrong")
            if entry["expires_seq"] < event["seq"] or entry["expires_ms"] < event["time"]["wall_ms"]:
                self.find("receipt-wrong")
        if is_whole and (not peaks or root(peaks).hex() != value["root"]):
            self.find("receipt-wrong")
        self.receipts += len(value["receipts"])
        if not is_signed(self.key, "agentk/receipts/1\n%s\n%s\n" % (self.run or "", value["root"]), value["signature"]):
            return self.find("receipt-signature")
        self.signed()

    def on_checkpoint(self, event, value):
        self.checkpoints += 1
        note = NOTE.fullmatch(value["note"])
        lines = note[5].splitlines() if note else []
        parts = [(line.split(" ")[1], unbase64(line.split(" ")[2])) for line in lines]
        if not note or re.search("[\0-\x09\x0b-\x1f]", value["note"]) or int(note[3]) >= 2**53 or len(set(lines)) < len(lines) \
                or len(unbase64(note[4])) != 32 or any(len(data) < 5 for _, data in parts):
            return self.find("checkpoint-wrong")
        raw = bytes.fromhex(self.key)
        signer = "agentk/" + sha256(raw)[:16]
        is_wrong = note[2] != "%s/%s" % (signer, self.run or "") or int(note[3]) != event["seq"] \
            or not self.damage and unbase64(note[4]) != root(self.peaks)
        if is_wrong:
            self.find("checkpoint-wrong")
        key_id = bytes.fromhex(sha256(signer.encode() + b"\n\1" + raw))[:4]
        if len(parts) != 1 or parts[0][0] != signer or parts[0][1][:4] != key_id or not is_signed(self.key, note[1], parts[0][1][4:].hex()):
            return self.find("checkpoint-signature")
        self.signed_lines = self.signed_lines if is_wrong else event["seq"]
        self.signed(covers=True)

    def on_key(self, event, value):
        statement = "agentk/run-key/1\n%s\n%d\n%s\n%s\n%s\n" % (self.run or "", event["seq"], event["prev"], self.key, value["public_key"])
        if not is_signed(self.key, statement, value["signature_previous"]) or \
                not is_signed(value["public_key"], statement, value["signature_next"]):
            return self.find("key-change-invalid")
        self.signed()
        self.key = value["public_key"]

    def on_close(self, event, value):
        self.closed = True
        stated = [("lines", self.line)] + ([] if self.damage else [("allowed", self.allowed), ("denied", self.denied)])
        for _ in [member for member, seen in stated if value[member] != seen]:
            self.find("count-mismatch")
        seal, is_recovered = value.pop("seal", None), value["reason"] == "recovered"
        if is_recovered and seal is None:
            self.ending = "recovered"
            return self.find("closed-by-recovery", failure=False)
        unsealed = sha256("agentk/flight-line/1\n" + canonical({k: v for k, v in event.items() if k != "hash"}))
        if self.run is None:
            return
        if seal is None or is_recovered or not is_signed(self.key, "agentk/seal/1\n%s\n%s\n" % (self.run, unsealed), seal):
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
        return {"ok": not self.failed, "ending": self.ending, "format": self.format, "run": self.run, "lines": self.line, "head": self.head,
                "signed": {"lines": self.signed_lines, "checkpoints": self.checkpoints, "receipts": self.receipts}, "allowed": self.allowed,
                "denied": self.denied, "unanswered": len(self.going), "findings": self.findings, "findingCount": self.total,
                "keys": [{"fingerprint": "sha256:" + sha256(bytes.fromhex(key)), "signatures": n} for key, n in self.signers.items()]}

def verify(file, pins=(), longest=1 << 20):
    log, is_torn = Log(pins), False
    for raw in iter(lambda: file.readline(longest + 1), b""):
        is_torn = raw[-1:] != b"\n"
        if len(raw) > longest and is_torn:
            log.take(None)
            while is_torn and raw:
                raw = file.readline(longest)
                is_torn = raw[-1:] != b"\n"
        elif not is_torn:
            log.take(raw[:-1])
    return log.end(is_torn)

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", action="append", default=[], help="a key to trust, 64 hex digits; may be repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON object a log")
    parser.add_argument("logs", nargs="+")
    options, status = parser.parse_args(), 0
    if any(not re.fullmatch("[0-9a-f]{64}", key) or point_of(bytes.fromhex(key)) is None or key == PUBLISHED for key in options.key):
        sys.exit("verify.py: --key takes a sound Ed25519 public key as 64 lower-case hex digits")
    for path in options.logs:
        names = sorted(n for n in os.listdir(path) if n.endswith(".jsonl")) if os.path.isdir(path) else None
        for log in [path] if names is None else [os.path.join(path, n) for n in names]:
            try:
                with open(log, "rb") as file:
                    report = verify(file, options.key)
            except OSError as error:
                print("verify.py: cannot read %r: %s" % (log, error.strerror), file=sys.stderr)
                status = 1
                continue
            status = status or (0 if report["ok"] else 2)
            if options.json:
                print(json.dumps(dict(report, log=log)))
            else:
                print("%r: %s, %s, %d lines, run %s" % (log, "verified" if report["ok"] else "NOT VERIFIED", report["ending"], report["lines"], report["run"]))
                for found in report["findings"]:
                    print("  line %s: %s (%s)" % (found["line"], found["code"], found["severity"]))
    sys.exit(status)

if __name__ == "__main__":
    main()
