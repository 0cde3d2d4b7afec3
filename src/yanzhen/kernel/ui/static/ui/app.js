/* The one script of every page. Plain JavaScript, no inline code, nothing from outside.
   Pages work without it; it adds focus care, shortcuts, partial pages, drafts' guard and smaller photos. */
(function () {
  "use strict";
  var me = document.currentScript;
  var root = document.documentElement;
  var words = me.dataset;
  var nonce = me.nonce;

  function all(selector, scope) { return Array.prototype.slice.call((scope || document).querySelectorAll(selector)); }
  function typing(target) { return /^(input|textarea|select)$/i.test(target.tagName) || target.isContentEditable; }
  function toast(text) {
    var box = document.querySelector("[data-toast]");
    if (!box) return;
    box.textContent = text;
    clearTimeout(toast.timer);
    toast.timer = setTimeout(function () { box.textContent = ""; }, 6000);
  }

  /* --- errors: the title says so, the focus goes to the summary, its links to the fields --- */
  function errors(scope) {
    var summary = (scope || document).querySelector("[data-error-summary]");
    if (!summary) return false;
    if (document.title.indexOf(words.errorPrefix) !== 0) document.title = words.errorPrefix + document.title;
    summary.focus();
    return true;
  }
  document.addEventListener("click", function (event) {
    var link = event.target.closest("[data-error-summary] a");
    var field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    var group = field.closest(".yz-field");
    (group || field).scrollIntoView({ block: "start" });
    field.focus({ preventScroll: true });
  });

  /* --- partial pages: after a swap the focus goes to errors, to [data-focus], or to the new part's heading --- */
  document.addEventListener("htmx:after:settle", function (event) {
    var part = event.detail && event.detail.newContent ? event.detail.newContent[0] : event.target;
    if (!part || part.nodeType !== 1 || !part.isConnected) part = event.target;
    ready(part);
    if (errors(part.parentNode || part)) return;
    var active = document.activeElement;
    if (active && active !== document.body && active.isConnected) return;
    var goal = part.matches("[data-focus]") ? part : part.querySelector("[data-focus], h1, h2, h3") || part;
    if (!goal.hasAttribute("tabindex")) goal.setAttribute("tabindex", "-1");
    goal.focus({ preventScroll: goal === part });
  });
  document.addEventListener("htmx:error", function () { toast(words.failed); });

  /* --- elder mode: the same page with larger tokens, remembered in a cookie --- */
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-elder-toggle]");
    if (!button) return;
    event.preventDefault();
    var on = root.classList.toggle("yz-elder");
    button.setAttribute("aria-pressed", on ? "true" : "false");
    document.cookie = "yz_elder=" + (on ? "1" : "0") + ";path=/;max-age=31536000;samesite=lax" + (location.protocol === "https:" ? ";secure" : "");
    all("[data-chart-canvas]").forEach(function (box) { box.dispatchEvent(new Event("yz:resize")); });
  });

  /* --- menu on the phone (works as an anchor without script) --- */
  window.addEventListener("hashchange", function () {
    var menu = document.getElementById("menu");
    if (menu && location.hash === "#menu") menu.focus();
  });

  /* --- a form marked data-guard asks before typed content is lost --- */
  var dirty = null;
  document.addEventListener("input", function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute("data-guard")) dirty = form;
  });
  document.addEventListener("submit", function (event) { if (event.target === dirty) dirty = null; }, true);
  window.addEventListener("beforeunload", function (event) {
    if (!dirty || !dirty.isConnected) return;
    event.preventDefault();
    event.returnValue = words.leave;
  });

  /* --- tick all, copy --- */
  document.addEventListener("change", function (event) {
    var name = event.target.dataset && event.target.dataset.tickAll;
    if (!name) return;
    all('input[type="checkbox"][name="' + name + '"]', event.target.closest("table")).forEach(function (box) {
      box.checked = event.target.checked;
    });
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) return;
    var from = document.getElementById(button.dataset.copy);
    var text = from ? from.value || from.textContent.trim() : button.dataset.copyText || "";
    function fallback() {
      var area = document.createElement("textarea");
      area.value = text; area.className = "yz-sr"; document.body.appendChild(area); area.select();
      document.execCommand("copy"); area.remove(); button.focus();
    }
    var done = function () { toast(words.copied); };
    if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(done, function () { fallback(); done(); });
    else { fallback(); done(); }
  });

  /* --- keyboard: / search, g h home, j k rows, ? help --- */
  var lastKey = "";
  function row(step) {
    var rows = all("[data-row]");
    if (!rows.length) return;
    var at = rows.findIndex(function (each) { return each.classList.contains("yz-row--now"); });
    var next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
    rows.forEach(function (each) { each.classList.toggle("yz-row--now", each === next); });
    var link = next.querySelector("[data-row-link]");
    if (link) link.focus();
    next.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && location.hash === "#menu") { location.hash = "#main"; return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    var help = document.getElementById("yz-keys");
    var search = document.querySelector("[data-search]");
    if (event.key === "/" && search) { event.preventDefault(); search.focus(); search.select(); }
    else if (event.key === "?" && help && help.showModal) help.showModal();
    else if (event.key === "h" && lastKey === "g") { var home = document.querySelector(".yz-brand"); if (home) home.click(); }
    else if (event.key === "j") row(1);
    else if (event.key === "k") row(-1);
    lastKey = event.key;
  });

  /* --- photos: made smaller before they go over a thin line; the server checks and re-encodes all the same --- */
  function shrink(file, edge, quality) {
    if (!/^image\/(jpeg|png|webp)$/.test(file.type) || !window.createImageBitmap || !window.DataTransfer) return Promise.resolve(file);
    return createImageBitmap(file).then(function (bitmap) {
      var scale = Math.min(1, edge / Math.max(bitmap.width, bitmap.height));
      var canvas = document.createElement("canvas");
      canvas.width = Math.round(bitmap.width * scale);
      canvas.height = Math.round(bitmap.height * scale);
      var pen = canvas.getContext("2d");
      pen.fillStyle = "#fff"; pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      return new Promise(function (resolve) {
        canvas.toBlob(function (blob) {
          if (!blob || (scale === 1 && blob.size >= file.size)) return resolve(file);
          resolve(new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified }));
        }, "image/jpeg", quality);
      });
    }).catch(function () { return file; });
  }
  document.addEventListener("change", function (event) {
    var input = event.target;
    if (input.type !== "file" || !input.hasAttribute("data-downscale") || input.dataset.busy) return;
    var edge = Number(input.dataset.downscale) || 1600;
    input.dataset.busy = "1";
    Promise.all(Array.prototype.map.call(input.files, function (file) { return shrink(file, edge, 0.8); })).then(function (files) {
      var box = new DataTransfer();
      files.forEach(function (file) { box.items.add(file); });
      input.files = box.files;
      delete input.dataset.busy;
      input.dispatchEvent(new CustomEvent("yz:downscaled", { bubbles: true }));
    }, function () { delete input.dataset.busy; });
  });
  window.yz = { shrink: shrink, toast: toast };

  /* --- charts: the library is fetched only where a chart is --- */
  var loading = null;
  function load(url) {
    return new Promise(function (resolve, reject) {
      var script = document.createElement("script");
      script.src = url;
      if (nonce) script.nonce = nonce;
      script.onload = resolve; script.onerror = reject;
      document.head.appendChild(script);
    });
  }
  function charts(scope) {
    if (!scope.querySelector("[data-chart]") && !(scope.matches && scope.matches("[data-chart]"))) return;
    loading = loading || load(words.echarts).then(function () { return load(words.chart); });
    loading.then(function () { window.yz.drawCharts(); }, function () {
      all("[data-chart-canvas]").forEach(function (box) { box.hidden = true; });
      all(".yz-chart__table").forEach(function (table) { table.open = true; });
    });
  }

  function ready(scope) {
    all("form:not([data-native])", scope).forEach(function (form) { form.noValidate = true; });
    charts(scope);
  }
  ready(document.body);
  errors(document);
})();
