#include "fleetsne/run/report_page.hpp"

namespace fleetsne::run {

const char* const page_style = R"(
:root { color-scheme: light dark; --paper: #ffffff; --card: #f5f6f8; --ink: #1d1f23; --faint: #5f6673;
  --rule: #d9dce2; --accent: #0a62a8; --bad: #a3271c; --bad-card: #fdecea; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14161a; --card: #1e2127; --ink: #e6e8ec; --faint: #9aa2af; --rule: #353a44;
    --accent: #6db3ee; --bad: #ff9d92; --bad-card: #3a1d1a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 0.75rem; }
p.sub { color: var(--faint); margin: 0.35rem 0 0; }
ul.tiles { list-style: none; margin: 1.5rem 0; padding: 0; display: grid; gap: 0.75rem;
  grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); }
ul.tiles li { background: var(--card); border-radius: 0.5rem; padding: 0.7rem 0.9rem; }
ul.tiles b { display: block; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
ul.tiles span { color: var(--faint); font-size: 0.85rem; }
figure { margin: 1.5rem 0; }
figure img { display: block; max-width: 100%; height: auto; margin: 0 auto; border-radius: 0.5rem;
  border: 1px solid var(--rule); }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--faint); font: 13px system-ui, "DejaVu Sans", sans-serif; }
svg .rule { stroke: var(--rule); }
svg .curve { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; }
svg circle { fill: var(--accent); }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.93rem; }
th, td { text-align: left; padding: 0.3rem 0.8rem 0.3rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; }
th { font-weight: 500; color: var(--faint); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.bar { width: 45%; min-width: 8rem; }
td.bar i { display: block; height: 0.85rem; margin-top: 0.3rem; background: var(--accent); border-radius: 2px;
  min-width: 1px; }
td.v { overflow-wrap: anywhere; }
pre { background: var(--card); border-radius: 0.5rem; padding: 0.8rem 1rem; white-space: pre-wrap;
  overflow-wrap: anywhere; font: 0.88rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; margin: 0 0 1rem; }
section.sections { columns: 19rem; column-gap: 2.5rem; }
section.sections > div { break-inside: avoid; padding-bottom: 1rem; }
section.sections th { width: 45%; }
h3 { font-size: 0.95rem; margin: 0 0 0.25rem; color: var(--accent); }
p.bad { background: var(--bad-card); color: var(--bad); border-radius: 0.5rem; padding: 0.8rem 1rem;
  margin: 1.5rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
)";

}  // namespace fleetsne::run
