// From a file, a page may not read another: there the search shows titles without excerpts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// What scrolls can be reached by the keyboard.
addEventListener("load", () => {
  for (const box of document.querySelectorAll("pre, .formula, .table-wrapper"))
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
});
