/** The class of a tool by its name: actions people know, near misses, and that no name makes it throw. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACTS, RISKS, SYSCALL_NAMES } from "../../../src/abi/syscalls.js";
import { classifySyscall, classifyTool } from "../../../src/policy/classify/act.js";
import { VERB_ROWS, VERBS } from "../../../src/policy/classify/verbs.js";
import { MAX_CLASSIFIED_NAME } from "../../../src/policy/classify/words.js";

/** `act/risk` to the names that are of it. */
const EXPECTED = {
  "read/low": [
    ...["get_unread_emails", "search_emails", "list_files", "get_file_by_id", "read_file", "get_balance"],
    ...["get_most_recent_transactions", "get_scheduled_transactions", "get_user_info", "read_channel_messages"],
    ...["check_restaurant_opening_hours", "get_weather", "search_nodes", "read_graph", "open_nodes", "fetch_email"],
    ...["list_allowed_directories", "read_multiple_files", "git_status", "git_diff", "list_users", "getEmail"],
    ...["email.search", "query", "get-sum", "summarize_document", "calculate_total", "Get_File", "LIST_FILES"],
  ],
  "read/high": ["get_secret", "list_api_keys", "read_password", "get-env", "printenv_get_token"],
  "write/medium": [
    ...["create_file", "append_to_file", "edit_file", "write_file", "move_file", "rename_folder", "set_reminder"],
    ...["create_calendar_event", "reschedule_calendar_event", "create_or_update_file", "updateSettings", "add_note"],
  ],
  "write/high": [
    ...["delete_file", "remove_user_from_slack", "drop_table", "wipe_disk", "overwrite_file", "force_update"],
    ...["update_password", "grant_role", "revoke_access", "set_permissions", "add_user_to_channel", "git_reset"],
    ...["schedule_transaction", "update_scheduled_transaction", "forget", "memory.delete", "bulkDeleteRecords"],
  ],
  "send/medium": [
    ...["send_email", "send_direct_message", "post_webpage", "publish_article", "upload_file", "forward_email"],
    ...["fetch", "fetch_url", "get_webpage", "browse", "browser_navigate", "http_request", "HTTPRequest", "httpGet"],
    ...["reserve_hotel", "book_flight", "slack_post_message", "slack.send_message", "reply_to_thread", "web_search"],
    ...["email_user", "message_user", "download_file", "push_files", "sendmail", "getURLContent"],
  ],
  "send/high": [
    ...["send_money", "transfer_funds", "pay_invoice", "purchase_item", "order_pizza", "place_order", "wire"],
    ...["share_file", "invite_user_to_slack", "get_share_link", "withdraw", "refund_customer"],
  ],
  "execute/high": [
    ...["run_command", "execute_sql", "exec", "eval", "shell_exec", "bash", "spawn_process", "install_package"],
    ...["deploy_app", "runcommand", "python_repl", "browser_evaluate", "sudo", "RunTerminalCommand"],
  ],
};

const ACTIONS = Object.entries(EXPECTED).flatMap(([expected, names]) => names.map((name) => [name, expected] as const));

const shown = (name: string): string => `${classifyTool(name).act}/${classifyTool(name).risk}`;

describe("classifyTool", () => {
  it.each(ACTIONS)("%s is %s", (name, expected) => {
    expect(shown(name)).toBe(expected);
  });

  it("knows what the mission asks for: sixty actions at least, of every tier", () => {
    expect(ACTIONS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(ACTIONS.map(([, expected]) => expected.split("/")[1]))).toEqual(new Set(RISKS));
  });

  it.each(["target", "widget", "budget", "settings", "postal_code", "sender", "payload", "runtime", "frobnicate", ""])(
    "%j only looks like a verb: a sink of unknown kind",
    (name) => {
      expect(classifyTool(name)).toEqual({ act: "send", risk: "medium", reason: "unknown verb" });
    },
  );

  it.each(["get_settings", "get_postal_code", "list_targets", "read_post", "get_message", "get_order", "get_run"])(
    "%s names a thing by a word that may be a verb: it reads",
    (name) => {
      expect(shown(name)).toBe("read/low");
    },
  );

  it.each([
    ["read_and_send", "send/medium"],
    ["get_and_delete", "write/high"],
    ["get_or_create", "write/medium"],
    ["search_then_post", "send/medium"],
    ["read_write_file", "write/medium"],
    ["send_and_run", "execute/high"],
    ["delete_and_send", "send/high"],
  ])("%s is as dangerous as its worst verb: %s", (name, expected) => {
    expect(shown(name)).toBe(expected);
  });

  it.each(["frobnicate_and_get", "obliterate_list", "obliterate_count", "simulate-research-query", "rea\u0501_file"])(
    "%j is not a read: its verb is not one that is known",
    (name) => {
      expect(classifyTool(name).act).toBe("send");
    },
  );

  it.each(["get_f\u0456le", "get\u200b_file", "get_file\n", "get\u0000"])("%j is not plain, so no read", (name) => {
    expect(shown(name)).toBe("send/medium");
  });

  it.each(["deLete_file", "eXecute", "PAy"])("%s hides its verb behind capitals in vain", (name) => {
    expect(classifyTool(name).risk).toBe("high");
  });

  it("a name that is too long to read is the most dangerous", () => {
    expect(shown("get_".padEnd(MAX_CLASSIFIED_NAME, "x"))).toBe("read/low");
    expect(classifyTool("get_".padEnd(MAX_CLASSIFIED_NAME + 1, "x"))).toEqual({
      ...{ act: "execute", risk: "high" },
      reason: "name too long to read",
    });
  });
});

describe("what a word does depends on where it stands", () => {
  it.each([
    ["lsdir", "read/low", "a verb and its object in one word, the shortest there is"],
    ["rmfile", "write/high", "a verb of two letters in one word with its object"],
    ["listdirectory", "read/low", "the longest object in one word with its verb"],
    ["fetch_files", "read/low", "what is fetched lies in the server's own store"],
    ["files_fetch", "send/medium", "what stands before is not what is fetched"],
    ["crm_list_deals", "read/low", "a list that something follows is no object"],
    ["crm_get_deals", "read/low", "get is no noun"],
    ["crm_deals_get", "read/low", "get is no noun at the end either"],
    ["crm_deals_list", "send/medium", "a list at the end may be what an unknown verb is about"],
    ["update_webpage_view", "write/medium", "only what reads is taken to ask a host outside"],
    ["list_keys", "read/low", "keys of nobody are no credentials"],
    ["list_gpg_keys", "read/high", "keys of a known owner are"],
  ])("%s is %s: %s", (name, expected) => {
    expect(shown(name)).toBe(expected);
  });
});

describe("the reason of a class", () => {
  it.each([
    ["send_email", "carries data to others"],
    ["delete_and_create", "destroys"],
    ["delete_and_share", "gives others access"],
    ["delete_and_revoke_and_send", "carries data to others, destroys"],
    ["get_secret", "reads, touches credentials"],
    ["get_webpage", "reaches over the network"],
    ["update_invoice", "changes what is stored, concerns money"],
    ["set_role", "changes what is stored, changes who may do what"],
    ["get_f\u0456le", "name is not plain letters"],
    ["fr\u0456b", "unknown verb"],
  ])("of %j is: %s", (name, reason) => {
    expect(classifyTool(name).reason).toBe(reason);
  });
});

const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  fc
    .array(fc.constantFrom(...VERBS.keys(), "and", "url", "money", "_", "-", ".", "/", "X", "é"), { maxLength: 60 })
    .map((parts) => parts.join("")),
);

describe("for every name", () => {
  it("there is a class, the same each time, and its reason holds no word of the name's own", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const found = classifyTool(name);
        expect(ACTS).toContain(found.act);
        expect(RISKS).toContain(found.risk);
        expect(found.reason).toMatch(/^[a-z, ]{4,80}$/);
        expect(classifyTool(name)).toEqual(found);
      }),
    );
  });

  it("another clause with a verb never makes it less dangerous", () => {
    const verb = fc.constantFrom("delete", "send", "execute", "pay", "write", "share");
    fc.assert(
      fc.property(anyName, verb, (name, also) => {
        const [alone, both] = [classifyTool(`x_${also}`), classifyTool(`${name}_and_${also}`)];
        expect(ACTS.indexOf(both.act)).toBeGreaterThanOrEqual(ACTS.indexOf(alone.act));
        expect(RISKS.indexOf(both.risk)).toBeGreaterThanOrEqual(RISKS.indexOf(alone.risk));
      }),
    );
  });

  it("the case of a whole name does not matter", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...VERBS.keys(), "file", "and", "url"), { maxLength: 5 }), (words) => {
        expect(classifyTool(words.join("_").toUpperCase())).toEqual(classifyTool(words.join("_")));
      }),
    );
  });
});

it("no verb stands in the table twice", () => {
  expect(VERB_ROWS.map(([word]) => word).filter((word, at, all) => all.indexOf(word) !== at)).toEqual([]);
});

describe("classifySyscall", () => {
  it.each([
    ["network.send", "send/medium"],
    ["file.patch", "write/high"],
    ["secret.open", "read/high"],
    ["agent.spawn", "execute/high"],
    ["model.call", "send/medium"],
    ["human.approve", "read/low"],
    ["memory.write", "write/medium"],
    ["memory.read", "read/low"],
    ["tool.describe", "read/low"],
    ["resource.read", "read/low"],
    ["prompt.get", "read/low"],
  ] as const)("%s is %s", (kind, expected) => {
    const { act, risk } = classifySyscall(kind);
    expect(`${act}/${risk}`).toBe(expected);
  });

  it("takes a tool call by its tool, and one without a tool as unknown", () => {
    expect(classifySyscall("tool.invoke", "delete_file")).toEqual(classifyTool("delete_file"));
    expect(classifySyscall("tool.invoke").reason).toBe("unknown verb");
  });

  it("gives a tool the class of its name, however many others were called since", () => {
    const names = Array.from({ length: 1500 }, (_, index) => `${index % 2 === 0 ? "delete" : "get"}_${String(index)}`);
    for (const round of [names, names])
      expect(round.filter((name) => classifySyscall("tool.invoke", name).act !== classifyTool(name).act)).toEqual([]);
  });

  it("has a class for every syscall, whatever tool is named beside it", () => {
    for (const kind of SYSCALL_NAMES.filter((name) => name !== "tool.invoke"))
      expect(classifySyscall(kind, "delete_everything")).toEqual(classifySyscall(kind));
  });
});
