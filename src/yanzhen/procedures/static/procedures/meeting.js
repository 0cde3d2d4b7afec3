/* The meeting on a phone: what was typed survives a closed page, and the count of the room is told while it is typed.
   Without this script the page is a plain form. Photos are not kept: they are chosen again. */
(function () {
  "use strict";
  var form = document.querySelector("[data-draft]");
  if (!form) return;
  var key = "yz-draft:" + form.dataset.draft, days = 7 * 86400000, state = form.querySelector("[data-draft-state]");
  function fields() {
    return Array.prototype.filter.call(form.elements, function (each) {
      return each.name && each.type !== "file" && each.type !== "hidden" && each.type !== "submit";
    });
  }
  function read() {
    try {
      var kept = JSON.parse(localStorage.getItem(key) || "null");
      return kept && Date.now() - kept.at < days ? kept.values : null;
    } catch (error) { return null; }
  }
  function tell(text) { if (state && text && state.textContent !== text) state.textContent = text; }
  function save() {
    var values = {};
    fields().forEach(function (each) {
      if (each.type === "checkbox" || each.type === "radio") {
        values[each.name] = values[each.name] || [];
        if (each.checked) values[each.name].push(each.value);
      } else values[each.name] = each.value;
    });
    try {
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), values: values }));
      tell(form.dataset.saved);
    } catch (error) { tell(""); }
  }
  function restore() {
    var values = read();
    if (!values || form.dataset.bound === "1") return;
    fields().forEach(function (each) {
      if (!(each.name in values)) return;
      if (each.type === "checkbox" || each.type === "radio") each.checked = values[each.name].indexOf(each.value) >= 0;
      else each.value = values[each.name];
    });
    tell(form.dataset.restored);
  }
  function number(name) {
    var box = form.elements[name], text = box ? box.value.replace(/[０-９]/g, function (c) { return String.fromCharCode(c.charCodeAt(0) - 65248); }).trim() : "";
    return /^\d+$/.test(text) ? Number(text) : null;
  }
  function live() {
    var out = form.querySelector("[data-live]"), ticks = form.querySelectorAll('input[name="roll"]');
    if (!out) return;
    var due = ticks.length || number("due");
    var here = ticks.length ? form.querySelectorAll('input[name="roll"]:checked').length : number("present");
    var votes = (number("votes_for") || 0) + (number("against") || 0) + (number("abstain") || 0);
    var text = due === null || here === null ? "" : out.dataset.words.replace("{due}", due).replace("{present}", here).replace("{votes}", votes);
    if (out.textContent !== text) out.textContent = text;
  }
  restore();
  live();
  form.addEventListener("input", function () { save(); live(); });
  form.addEventListener("change", function () { save(); live(); });
  form.addEventListener("submit", function () { save(); });
})();
/* Arrived at the case page: what was sent is kept there, the copy on the phone goes. */
(function () {
  "use strict";
  var done = document.querySelector("[data-draft-clear]");
  if (!done) return;
  try {
    Object.keys(localStorage).forEach(function (name) {
      if (name.indexOf("yz-draft:" + done.dataset.draftClear) === 0) localStorage.removeItem(name);
    });
  } catch (error) { /* no storage, nothing to forget */ }
})();
