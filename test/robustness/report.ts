import type { KvOperation, KvRequest, KvResult, Violation } from "@drydock/checker";
import type { Recorder } from "./recorder.ts";
import type { RunResult } from "./run.ts";

const WIDTH = 1200;
const LANE = 18;
const MARGIN = 90;
const AXIS = 26;

/** One page that needs nothing else: what was promised, what broke first and when, and everything that each client did. */
export function renderReport({ scenario, seed, recorder, violations, history }: RunResult): string {
  const endMs = Math.max(recorder.nowMs(), 1);
  const counts = `${recorder.operations.length} operations · ${recorder.faults.length} faults · revision ${history.lastRevision}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(scenario.name)} · seed ${seed}</title><style>${STYLE}</style></head>
<body>
<h1>${escapeHtml(scenario.name)} <small>seed ${seed}</small></h1>
<p>${escapeHtml(scenario.describes)} · ${counts}</p>
${renderVerdict(violations)}
${renderTimeline(recorder, violations, endMs)}
<p class="legend"><i class="ok"></i> answered <i class="refused"></i> refused <i class="unknown"></i> fate unknown <i class="bad"></i> breaks a promise <i class="fault"></i> fault</p>
<p>Hover an operation for its request and answer. Drag over the timeline to zoom in, double-click to zoom out.</p>
${renderFaults(recorder)}
${renderNeighbours(recorder, violations)}
<script>${SCRIPT}</script>
</body></html>
`;
}

function renderVerdict(violations: readonly Violation[]): string {
  if (violations.length === 0) return `<p class="verdict kept">Every promise was kept.</p>`;
  const rows = violations.map(
    ({ check, message, offender }) =>
      `<li><b>${escapeHtml(check)}</b> ${escapeHtml(message)} <span class="offender">${escapeHtml(String(offender))}</span></li>`,
  );
  return `<div class="verdict broken"><p>Broken, the first error of each check:</p><ul>${rows.join("")}</ul></div>`;
}

function renderTimeline(recorder: Recorder, violations: readonly Violation[], endMs: number): string {
  const clients = [...new Set(recorder.operations.map(({ client }) => client))].sort();
  const offenders = new Set(violations.map(({ offender }) => offender));
  const height = AXIS + clients.length * LANE + 8;
  const x = (ms: number) => (MARGIN + (Math.min(ms, endMs) / endMs) * (WIDTH - MARGIN)).toFixed(2);
  const bands = recorder.faults.map(({ name, fromMs, untilMs }) => {
    const width = (((Math.min(untilMs, endMs) - fromMs) / endMs) * (WIDTH - MARGIN)).toFixed(2);
    return `<rect class="fault" x="${x(fromMs)}" y="0" width="${width}" height="${height}"><title>${escapeHtml(name)}</title></rect>`;
  });
  const lanes = clients.map((client, lane) => {
    const y = AXIS + lane * LANE;
    const own = recorder.operations.filter((operation) => operation.client === client);
    const bars = own.map((operation) => renderOperation(operation, x, y, offenders.has(operation.id), endMs));
    for (const { request, calledMs, atMs, reason } of recorder.refusals.filter((refusal) => refusal.client === client))
      bars.push(
        `<rect class="refused" x="${x(calledMs)}" y="${y + 4}" width="${Math.max(1.2, Number(x(atMs)) - Number(x(calledMs))).toFixed(2)}" height="${LANE - 13}"><title>${escapeHtml(`${ask(request)} → refused: ${reason}`)}</title></rect>`,
      );
    return `<text x="4" y="${y + 12}">${escapeHtml(client)}</text>${bars.join("")}`;
  });
  return `<svg id="timeline" viewBox="0 0 ${WIDTH} ${height}" data-width="${WIDTH}" data-height="${height}">${bands.join("")}${renderAxis(x, endMs, height)}${lanes.join("\n")}</svg>`;
}

function renderAxis(x: (ms: number) => string, endMs: number, height: number): string {
  const everyMs = [500, 1000, 2000, 5000, 10_000].find((ms) => endMs / ms < 20) ?? 30_000;
  const ticks = Array.from({ length: Math.floor(endMs / everyMs) + 1 }, (_, index) => index * everyMs);
  return ticks
    .map(
      (ms) =>
        `<line x1="${x(ms)}" x2="${x(ms)}" y1="16" y2="${height}"/><text x="${x(ms)}" y="12">${ms / 1000} s</text>`,
    )
    .join("");
}

function renderOperation(
  operation: KvOperation,
  x: (ms: number) => string,
  y: number,
  isBad: boolean,
  endMs: number,
): string {
  const { calledMs, outcome, id } = operation;
  const untilMs = outcome.kind === "returned" ? outcome.atMs : Math.min(endMs, calledMs + 3000);
  const width = Math.max(1.2, Number(x(untilMs)) - Number(x(calledMs))).toFixed(2);
  const kind = isBad
    ? "bad"
    : outcome.kind === "returned"
      ? isReadOnly(operation.request)
        ? "ok read"
        : "ok"
      : "unknown";
  const mark = isBad ? `<path class="mark" d="M${x(calledMs)} ${y - 1}l-5 -7h10z"/>` : "";
  return `<rect class="${kind}" x="${x(calledMs)}" y="${y}" width="${width}" height="${LANE - 5}"><title>#${id} ${escapeHtml(describe(operation))}</title></rect>${mark}`;
}

function renderFaults({ faults }: Recorder): string {
  if (faults.length === 0) return "";
  const rows = faults.map(
    ({ name, fromMs, untilMs }) =>
      `<tr><td>${(fromMs / 1000).toFixed(2)}</td><td>${(untilMs / 1000).toFixed(2)}</td><td>${escapeHtml(name)}</td></tr>`,
  );
  return `<details><summary>Faults</summary><table><tr><th>from, s</th><th>until, s</th><th></th></tr>${rows.join("")}</table></details>`;
}

/** What happened around the first operation that breaks a promise: that is where reading begins. */
function renderNeighbours({ operations }: Recorder, violations: readonly Violation[]): string {
  const offender = operations.find(({ id }) => violations.some((violation) => violation.offender === id));
  if (!offender) return "";
  const near = operations
    .filter(({ calledMs }) => Math.abs(calledMs - offender.calledMs) < 400)
    .sort((a, b) => a.calledMs - b.calledMs);
  const rows = near.map((operation) => {
    const { id, client, calledMs, outcome } = operation;
    const ended = outcome.kind === "returned" ? (outcome.atMs / 1000).toFixed(3) : "?";
    return `<tr class="${id === offender.id ? "bad" : ""}"><td>${id}</td><td>${escapeHtml(client)}</td><td>${(calledMs / 1000).toFixed(3)}</td><td>${ended}</td><td>${escapeHtml(describe(operation))}</td></tr>`;
  });
  return `<h2>Around the first error</h2><table><tr><th>#</th><th>client</th><th>called, s</th><th>answered, s</th><th>request → answer</th></tr>${rows.join("")}</table>`;
}

function isReadOnly(request: KvRequest): boolean {
  return request.kind === "range";
}

function describe({ request, outcome }: KvOperation): string {
  const answer =
    outcome.kind === "returned" ? `${result(outcome.response.result)} @${outcome.response.revision}` : "no answer";
  return `${ask(request)} → ${answer}`;
}

function ask(request: KvRequest): string {
  if (request.kind === "put") return `put ${request.key}=${request.value}`;
  if (request.kind !== "txn")
    return `${request.kind === "range" ? "get" : "delete"} ${request.key}${request.end ? `…${request.end}` : ""}`;
  const conditions = request.compare.map(
    ({ key, target, operator, operand }) => `${target}(${key})${operator}${operand}`,
  );
  return `if ${conditions.join(", ") || "always"}: ${request.success.map(ask).join(", ")}`;
}

function result(value: KvResult): string {
  if (value.kind === "range")
    return value.kvs.map((kv) => `${kv.key}=${kv.value}@${kv.modRevision}`).join(" ") || "nothing";
  if (value.kind === "delete") return `${value.deleted} deleted`;
  return value.kind === "put" ? "ok" : `${value.isSuccess ? "yes" : "no"} ${value.results.map(result).join(" ")}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
body{font:14px/1.45 system-ui,sans-serif;margin:24px;color:#1c2330;background:#fff}
h1 small{font-weight:400;color:#68718a}
svg{width:100%;border:1px solid #dde1ea;border-radius:4px;background:#fbfcfe;user-select:none}
svg text{font-size:10px;fill:#58617a}svg line{stroke:#e6e9f0}
rect.ok{fill:#2f7d5b}rect.ok.read{fill:#7fb79f}rect.refused{fill:#aab1c4}rect.unknown{fill:#e0a63a}rect.bad{fill:#c8312b}rect.fault{fill:#c8312b;opacity:.13}
path.mark{fill:#c8312b}
.verdict{padding:10px 14px;border-radius:4px}.kept{background:#e5f4ec}.broken{background:#fbe9e8}
.offender{color:#c8312b}
.legend i{display:inline-block;width:12px;height:12px;margin:0 4px 0 14px;vertical-align:-1px}
.legend .ok{background:#2f7d5b}.legend .refused{background:#aab1c4}.legend .unknown{background:#e0a63a}.legend .bad{background:#c8312b}.legend .fault{background:#f2d3d1}
table{border-collapse:collapse;margin-top:8px}td,th{padding:2px 10px;text-align:left;border-bottom:1px solid #eceef4;font-variant-numeric:tabular-nums}
tr.bad td{background:#fbe9e8;font-weight:600}`;

/** Zooms by the view box: nothing is drawn anew. */
const SCRIPT = `
const svg=document.getElementById("timeline"),W=+svg.dataset.width,H=+svg.dataset.height;let from=null;
const at=e=>{const v=svg.viewBox.baseVal,r=svg.getBoundingClientRect();return v.x+(e.clientX-r.left)/r.width*v.width};
svg.addEventListener("mousedown",e=>{from=at(e)});
svg.addEventListener("mouseup",e=>{const to=at(e);if(from!==null&&Math.abs(to-from)>4){svg.setAttribute("viewBox",Math.min(from,to)+" 0 "+Math.abs(to-from)+" "+H);svg.setAttribute("preserveAspectRatio","none")}from=null});
svg.addEventListener("dblclick",()=>{svg.setAttribute("viewBox","0 0 "+W+" "+H);svg.removeAttribute("preserveAspectRatio")});`;
