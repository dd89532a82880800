#include "fleetsne/run/report_page.hpp"
#include "fleetsne/sweep/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fleetsne::sweep {
namespace {

using run::html_escaped;

constexpr const char* style = R"(
body { max-width: 100rem; }
p.order { margin: 1.5rem 0 1rem; }
select, button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--rule);
  border-radius: 0.35rem; padding: 0.2rem 0.5rem; }
ul.rows { list-style: none; margin: 0; padding: 0; display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr)); }
ul.rows li { background: var(--card); border-radius: 0.5rem; overflow: hidden; display: flex; flex-direction: column; }
ul.rows img { display: block; width: 100%; height: auto; background: #ffffff; }
ul.rows .text { padding: 0.6rem 0.9rem 0.8rem; overflow-wrap: anywhere; }
ul.rows h2 { font-size: 1rem; margin: 0; }
ul.rows p { margin: 0.2rem 0 0; font-size: 0.88rem; color: var(--faint); font-variant-numeric: tabular-nums; }
ul.rows p.bad { margin: 0.6rem 0 0; color: var(--bad); }
a { color: var(--accent); }
th button { border: 0; background: none; padding: 0; color: inherit; cursor: pointer; }
th[aria-sort] { color: var(--accent); }
th[aria-sort=ascending] button::after { content: " \2191"; }
th[aria-sort=descending] button::after { content: " \2193"; }
div.wide { margin-top: 2rem; }
td { padding-right: 1rem; white-space: nowrap; }
)";

// Sorts the rows of the table and the pictures alike; what has no value comes last.
constexpr const char* script = R"(
{
const table = document.querySelector('table'), heads = [...table.querySelectorAll('th[scope=col]')];
const lines = [...table.tBodies[0].rows], cards = [...document.querySelectorAll('ul.rows > li')];
const order = document.querySelector('#order'), turn = document.querySelector('#turn');
let column = -1, down = false;
function value(row) {
  const text = lines[row].cells[column].dataset.value ?? '';
  return text === '' ? null : isNaN(text) ? text : Number(text);
}
function before(a, b) {
  const x = value(a), y = value(b);
  if (x === null || y === null) return (x === null) - (y === null) || a - b;
  const way = typeof x === typeof y ? (x < y ? -1 : x > y ? 1 : 0) : typeof x === 'number' ? -1 : 1;
  return (down ? -way : way) || a - b;
}
function show() {
  const places = lines.map((_, i) => i).sort(column < 0 ? undefined : before);
  for (const i of places) {
    table.tBodies[0].append(lines[i]);
    cards[i].parentNode.append(cards[i]);
  }
  heads.forEach((head, i) => {
    if (i === column) head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    else head.removeAttribute('aria-sort');
  });
  order.value = column;
  turn.textContent = down ? 'largest first' : 'smallest first';
}
heads.forEach((head, i) => head.querySelector('button').addEventListener('click', () => {
  down = column === i && !down;
  column = i;
  show();
}));
order.addEventListener('change', () => { column = Number(order.value); show(); });
turn.addEventListener('click', () => { down = !down; show(); });
document.querySelector('p.order').hidden = false;
}
)";

/// A file's name as it stands in an address: what is no letter, digit or one of -._/ in per cent.
std::string address(const std::string& path) {
  std::string result;
  for (const char letter : path) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool plain = byte < 0x80 && (std::isalnum(byte) != 0 || letter == '-' || letter == '.' ||
                                       letter == '_' || letter == '/');
    result += plain ? std::string(1, letter) : fmt::format("%{:02X}", byte);
  }
  return result;
}

std::string words(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

std::string shown(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e9) return fmt::format("{:.0f}", value);
  return fmt::format("{:.4g}", value);
}

std::string card(const Outcome& row) {
  std::string text = "<li>";
  if (!row.picture.empty())
    text += fmt::format("<a href=\"{}\"><img loading=\"lazy\" alt=\"The embedding {}\" src=\"{}\"></a>",
                        address(row.folder + "/report.html"), html_escaped(row.name), address(row.picture));
  text += fmt::format("<div class=\"text\"><h2>{}</h2>", html_escaped(row.name));
  std::string settings, figures;
  for (const auto& [option, value] : row.settings)
    if (!value.empty())
      settings +=
          fmt::format("{}{} = {}", settings.empty() ? "" : ", ", html_escaped(option), html_escaped(value));
  for (const char* wanted : {"kl", "neighbors_kept", "label_accuracy", "seconds"})
    for (const auto& [name, value] : row.figures)
      if (value && name == wanted)
        figures += fmt::format("{}{} {}", figures.empty() ? "" : ", ", words(name), shown(*value));
  text += fmt::format("<p>{}</p><p>{}</p>", settings, figures);
  if (row.status.state != State::done)
    text += fmt::format("<p class=\"bad\">{}{}{}</p>", name_of(row.status.state),
                        row.status.error.empty() ? "" : ": ", html_escaped(row.status.error));
  return text + "</div></li>\n";
}

std::string line(const Outcome& row) {
  const auto cell = [](const std::string& text, bool is_number) {
    return fmt::format("<td{} data-value=\"{}\">{}</td>", is_number ? " class=\"n\"" : "", html_escaped(text),
                       html_escaped(text));
  };
  std::string text = fmt::format("<tr><td data-value=\"{0}\"><a href=\"{1}\">{0}</a></td>",
                                 html_escaped(row.name), address(row.folder + "/report.html"));
  text += cell(name_of(row.status.state), false);
  for (const auto& setting : row.settings) text += cell(setting.second, false);
  for (const auto& figure : row.figures)
    text += figure.second ? fmt::format("<td class=\"n\" data-value=\"{}\">{}</td>", *figure.second,
                                        shown(*figure.second))
                          : std::string("<td class=\"n\"></td>");
  return text + "</tr>\n";
}

std::vector<std::string> heads_of(const Outcome& row) {
  std::vector<std::string> heads{"row", "state"};
  for (const auto& setting : row.settings) heads.push_back(setting.first);
  for (const auto& figure : row.figures) heads.push_back(words(figure.first));
  return heads;
}

}  // namespace

std::string page(const std::string& title, const std::vector<Outcome>& rows) {
  const std::vector<std::string> heads = heads_of(rows.front());
  const auto done =
      std::ranges::count_if(rows, [](const Outcome& row) { return row.status.state == State::done; });
  std::string columns, options, cards, lines;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    columns +=
        fmt::format("<th scope=\"col\"><button type=\"button\">{}</button></th>", html_escaped(heads[h]));
    options += fmt::format("<option value=\"{}\">{}</option>", h, html_escaped(heads[h]));
  }
  for (const Outcome& row : rows) {
    cards += card(row);
    lines += line(row);
  }
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{0}</title>\n<style>{1}{2}</style>\n</head>\n<body>\n"
      "<h1>{0}</h1>\n<p class=\"sub\">{3} of {4} embeddings are done. KL divergences compare only between "
      "rows with the same affinities.</p>\n"
      "<p class=\"order\" hidden><label>In the order of <select id=\"order\"><option value=\"-1\">the "
      "file</option>{5}</select></label> <button type=\"button\" id=\"turn\">smallest first</button></p>\n"
      "<ul class=\"rows\">\n{6}</ul>\n<div class=\"wide\"><table>\n<thead><tr>{7}</tr></thead>\n<tbody>\n{8}"
      "</tbody>\n</table></div>\n<script>{9}</script>\n</body>\n</html>\n",
      html_escaped(title), run::page_style, style, done, rows.size(), options, cards, columns, lines, script);
}

}  // namespace fleetsne::sweep
