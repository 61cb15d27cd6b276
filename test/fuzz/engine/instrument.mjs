// Counts which branches of a module run: a counter at each place where the code can go one way or the other.
import ts from "typescript";

/** The code with its counters, how many they are, and the texts in it, which a fuzzer may want to try. */
export function instrument(source, name) {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.ES2023, true);
  const edits = [];
  const texts = new Set();
  let counters = 0;
  const counted = () => `__c[${String(counters++)}]++`;
  const before = (node, text) => edits.push([node.getStart(file), text, 1]);
  const after = (node, text) => edits.push([node.end, text, 0]);

  /** An expression that may or may not be reached. */
  function inExpression(node) {
    before(node, `(${counted()},`);
    after(node, ")");
  }
  function inStatement(node) {
    if (ts.isBlock(node)) edits.push([node.getStart(file) + 1, `${counted()};`, 1]);
    else {
      before(node, `{${counted()};`);
      after(node, "}");
    }
  }
  function branches(node) {
    if (ts.isIfStatement(node)) return [node.thenStatement, node.elseStatement].filter(Boolean).forEach(inStatement);
    if (ts.isIterationStatement(node, false)) return inStatement(node.statement);
    if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].forEach(inExpression);
    if (ts.isCatchClause(node)) return inStatement(node.block);
    if (ts.isCaseOrDefaultClause(node)) return edits.push([node.statements.pos, `${counted()};`, 1]);
    if (ts.isBinaryExpression(node) && SHORT.has(node.operatorToken.kind)) return inExpression(node.right);
    if (!ts.isFunctionLike(node) || node.body === undefined) return;
    // `super()` must come first in a constructor, and counting before it is allowed, as it does not touch `this`.
    if (ts.isBlock(node.body)) inStatement(node.body);
    else inExpression(node.body);
  }
  function visit(node) {
    branches(node);
    if (ts.isStringLiteralLike(node) && node.text.length > 1 && node.text.length < 40) texts.add(node.text);
    ts.forEachChild(node, visit);
  }
  visit(file);
  return { code: applied(source, edits), counters, texts: [...texts] };
}

const SHORT = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);

/** At one place what closes comes before what opens, and of what opens the outer first. */
function applied(source, edits) {
  const ordered = edits.map((edit, i) => [...edit, i]).sort((a, b) => a[0] - b[0] || a[2] - b[2] || order(a, b));
  let text = "";
  let done = 0;
  for (const [at, added] of ordered) {
    text += source.slice(done, at) + added;
    done = at;
  }
  return text + source.slice(done);
}

const order = (a, b) => (a[2] === 1 ? a[3] - b[3] : b[3] - a[3]);
