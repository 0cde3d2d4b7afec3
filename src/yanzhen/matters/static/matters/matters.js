/* Pages of matters: proposals for pick boxes, near-duplicates while typing, print. Pages work without it. */
(function () {
  "use strict";
  var timers = {};
  function later(name, wait, run) { clearTimeout(timers[name]); timers[name] = setTimeout(run, wait); }

  /* a pick box gets its proposals from the server while typing */
  function propose(input, box) {
    var id = input.id + "_list";
    var list = document.getElementById(id);
    if (!list) {
      list = document.createElement("datalist");
      list.id = id;
      box.appendChild(list);
      input.setAttribute("list", id);
    }
    fetch(box.dataset.url + "?q=" + encodeURIComponent(input.value), { credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (html) { list.innerHTML = html; }, function () {});
  }
  document.addEventListener("input", function (event) {
    var input = event.target;
    var box = input.id && document.querySelector('[data-pick="' + input.id + '"]');
    if (box && input.value.trim()) later(input.id, 250, function () { propose(input, box); });
    var form = input.form;
    var similar = form && form.querySelector("[data-similar]");
    if (similar && /^(text|place)$/.test(input.name)) later("similar", 700, function () { document.body.dispatchEvent(new CustomEvent("yz:similar")); });
  });

  /* the form of an act was fetched: the focus follows into it */
  document.addEventListener("htmx:after:settle", function () {
    var heading = document.querySelector("#act [data-focus]");
    var active = document.activeElement;
    if (heading && active && active.closest(".ym-acts__list")) heading.focus();
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) window.print();
  });
})();
