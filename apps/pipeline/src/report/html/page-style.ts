/** The one style sheet of the report. System fonts only; colours are told apart by people who see red and green alike. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--page:#fbfbf9;--card:#ffffff;--ink:#1b1d21;--soft:#5d636c;--faint:#8b919a;--rule:#e3e3de;--grid:#ececE8;
--accent:#1f5fa8;--good:#1a7f5a;--bad:#b3472e;--shade:#f3f3ef;
--stage-0:#a4a8ae;--stage-1:#7fb2dd;--stage-2:#2b74b8;--stage-3:#1f9a83;--stage-4:#d4781c;--stage-5:#8a5ba6;
--english:#2b6cb0;--chinese:#c2553a;--high:#1f9a83;--low:#d99411;--parallel:#5b6b7a;--knowledge:#a05a2c;--synthetic:#c2588f}
@media (prefers-color-scheme:dark){:root{--page:#14161a;--card:#1b1e23;--ink:#e8e8e4;--soft:#a6acb5;--faint:#7b828c;--rule:#2e3238;--grid:#272b31;
--accent:#7db4ee;--good:#5fc79d;--bad:#ec8a6f;--shade:#20242a;
--stage-0:#6f757e;--stage-1:#5b8fbd;--stage-2:#8fc3f2;--stage-3:#4fc7ae;--stage-4:#f0a050;--stage-5:#bb90d6;
--english:#77b0ea;--chinese:#ec8a6f;--high:#4fc7ae;--low:#efb94d;--parallel:#9aa9b8;--knowledge:#d69a6b;--synthetic:#e592bf}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
main{max-width:1100px;margin:0 auto;padding:48px 28px 96px}
header.page{margin-bottom:28px}
.kicker{margin:0 0 6px;font-size:13px;letter-spacing:.08em;text-transform:uppercase;color:var(--faint)}
h1{margin:0;font-size:46px;line-height:1.1;letter-spacing:-.025em;font-weight:700;overflow-wrap:anywhere}
.lede{max-width:46em;margin:14px 0 0;font-size:19px;line-height:1.5;color:var(--ink)}
.facts{margin:12px 0 0;font-size:13.5px;color:var(--soft)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(180px,1fr));gap:0;margin:0;border-top:2px solid var(--ink);border-bottom:1px solid var(--rule)}
.figures div{padding:16px 18px 18px 0}
.figures dt{font-size:13px;color:var(--soft)}
.figures dd{margin:4px 0 0}
.figures strong{display:block;font-size:25px;line-height:1.2;letter-spacing:-.015em;font-weight:650;font-variant-numeric:tabular-nums;white-space:nowrap}
.figures span{font-size:13px;color:var(--faint)}
nav{display:flex;flex-wrap:wrap;gap:4px 18px;padding:14px 0 0;font-size:14px}
a{color:var(--accent);text-decoration:none}
a:hover,a:focus-visible{text-decoration:underline}
section{margin-top:64px;scroll-margin-top:16px}
h2{margin:0 0 6px;font-size:27px;line-height:1.2;letter-spacing:-.015em;font-weight:680}
h3{margin:36px 0 10px;font-size:18px;font-weight:650}
.note{max-width:52em;margin:0 0 20px;color:var(--soft);font-size:15px}
.empty{color:var(--faint)}
small{font-size:.82em;font-weight:400;color:var(--faint)}
code{font:.88em/1.4 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;width:100%;font-size:14.5px;font-variant-numeric:tabular-nums}
th,td{padding:7px 12px;text-align:right;border-bottom:1px solid var(--rule);vertical-align:baseline;white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
th:last-child,td:last-child{padding-right:0}
thead th{font-weight:600;font-size:13px;color:var(--soft);vertical-align:bottom;white-space:normal;border-bottom:1px solid var(--faint)}
thead th.measure{text-align:left;border-bottom-color:var(--rule)}
tbody th{font-weight:400}
td.text{text-align:left;white-space:normal;color:var(--soft)}
tr.group th{padding-top:18px;font-size:13px;color:var(--soft);font-weight:600}
tr.total th:not(small){font-weight:600}
td.best{font-weight:700;color:var(--ink)}
td.change{color:var(--soft)}
.better{color:var(--good)}.worse{color:var(--bad)}.none{color:var(--rule)}
.dot{display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:6px;background:var(--c)}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:32px 44px;align-items:start}
.panels.three{grid-template-columns:repeat(auto-fit,minmax(min(100%,290px),1fr));gap:20px 28px}
figure{margin:0 0 8px}
.panels>div>figure+figure{margin-top:24px}
figcaption{margin:0 0 8px;font-size:15.5px;font-weight:620}
figcaption.minor{font-size:14px;font-weight:500;color:var(--soft)}
section>figure{max-width:500px}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;margin:0 0 16px;padding:0;font-size:14px;color:var(--soft)}
.legend li{display:flex;align-items:center}
.mark{width:11px;height:11px;border-radius:50%;margin-right:7px;background:var(--c)}
.mark.line{width:18px;height:3px;border-radius:2px}
.mark.hollow{background:var(--page);border:2px solid var(--c)}
.ink{--c:var(--soft)}
.chart{display:block;width:100%;height:auto;overflow:visible;font-size:12.5px}
.chart text{fill:var(--soft);font-variant-numeric:tabular-nums}
.chart .row-label{fill:var(--ink)}
.chart .value{fill:var(--soft)}
.grid line{stroke:var(--grid);stroke-width:1}
.axis{stroke:var(--faint);stroke-width:1}
.chart .axis-label{fill:var(--faint);font-size:.95em}
.line{fill:none;stroke:var(--c);stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
.line.raw{stroke-width:1;opacity:.32}
.reference{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3;opacity:.65}
.chart .reference-label{fill:var(--soft);font-size:.95em}
.span{stroke:var(--c);stroke-width:3;opacity:.35;stroke-linecap:round}
.before{fill:var(--page);stroke:var(--c);stroke-width:1.8}
.after{fill:var(--c)}
.whisker{stroke:var(--c);stroke-width:2;opacity:.5;stroke-linecap:round}
.bar{fill:var(--c)}
.outline{fill:none;stroke:var(--ink);stroke-width:1;opacity:.55}
.muted-bar{--c:var(--stage-0)}.good-bar{--c:var(--good)}.bad-bar{--c:var(--low)}.ink-bar{--c:var(--stage-2)}
.stage-0{--c:var(--stage-0)}.stage-1{--c:var(--stage-1)}.stage-2{--c:var(--stage-2)}.stage-3{--c:var(--stage-3)}.stage-4{--c:var(--stage-4)}.stage-5,.stage-6,.stage-7{--c:var(--stage-5)}
.source-english{--c:var(--english)}.source-chinese{--c:var(--chinese)}.source-high{--c:var(--high)}.source-low{--c:var(--low)}
.source-parallel{--c:var(--parallel)}.source-knowledge{--c:var(--knowledge)}.source-synthetic{--c:var(--synthetic)}.source-translation{--c:var(--chinese)}.source-language_naming{--c:var(--low)}.source-continuation{--c:var(--high)}.source-replay{--c:var(--parallel)}.source-other,.source-all{--c:var(--stage-0)}
.samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:20px}
article{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:16px 18px;overflow-wrap:anywhere}
article header{display:flex;flex-wrap:wrap;justify-content:space-between;gap:2px 12px;font-size:13px;color:var(--faint);margin-bottom:10px}
article header strong{color:var(--ink);font-size:14.5px}
article p{margin:0;white-space:pre-wrap}
.prompt{color:var(--soft);font-size:14.5px}
.generated{font-size:17px;line-height:1.6}
article .prompt+.stage{margin-top:8px;padding-top:10px;border-top:1px solid var(--rule)}
article .stage{font-size:12.5px;color:var(--faint);margin-bottom:2px}
article .earlier{font-size:14.5px;color:var(--soft);margin-bottom:10px}
article details{margin-top:12px}
article summary{font-size:13.5px}
.given{color:var(--faint)}
.written{font-size:14.5px;color:var(--soft)}
article .written{margin-top:10px}
.written span{display:block;font-size:12.5px;color:var(--faint)}
.written bdi{display:block}
details{margin-top:16px}
summary{cursor:pointer;color:var(--accent);font-size:15px}
details>*:not(summary){margin-top:10px}
pre{margin:0;padding:16px 18px;background:var(--shade);border-radius:8px;font:12.5px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-x:auto}
.caveats{margin:12px 0 0;padding:0;list-style:none;max-width:52em}
.caveats{border-left:3px solid var(--low);padding-left:20px}
.caveats li+li{margin-top:10px}
@media (max-width:600px){main{padding:28px 16px 64px}h1{font-size:34px}.lede{font-size:17px}section{margin-top:48px}h2{font-size:23px}
.figures{grid-template-columns:1fr 1fr}.figures strong{font-size:20px}.chart{font-size:14px}th,td{padding:6px 9px}
.headline th:first-child{position:sticky;left:0;background:var(--page);white-space:normal;min-width:108px}}
@media print{:root{--page:#fff;--card:#fff}body{font-size:11pt}main{max-width:none;padding:0}nav{display:none}section{margin-top:28px}
figure,article,tr{break-inside:avoid}h2,h3,figcaption,.note,.legend{break-after:avoid}.figures{grid-template-columns:repeat(5,1fr)}.figures strong{font-size:15pt}.panels{grid-template-columns:1fr 1fr;gap:18px 24px}.panels.three{grid-template-columns:1fr 1fr 1fr}.scroll{overflow:visible}}
`;
