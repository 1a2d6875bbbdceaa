// From a file, a page may not read another: there the search shows titles without excerpts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// The page of the search says how to search before anybody has.
const results = document.getElementById("search-results");
if (results && !new URLSearchParams(location.search).get("q")) {
  results.innerHTML =
    '<h1>Search</h1><form action="search.html"><label>Words to look for <input type="search" name="q"></label> <button>Search</button></form>';
}

// What scrolls can be reached by the keyboard: also what was folded, and on a telephone that has been turned.
const reached = new ResizeObserver((boxes) => {
  for (const { target } of boxes) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
addEventListener("load", () => {
  for (const box of document.querySelectorAll("pre, .formula, .figure, .table-wrapper")) reached.observe(box);
});
