/* Comfort for the villager's pages; every page works without it. Words stand in the pages. */
(function () {
  "use strict";
  function one(selector, scope) { return (scope || document).querySelector(selector); }

  /* --- SHA-256 (FIPS 180-4): crypto.subtle is missing on plain HTTP inside a government network --- */
  var K = [], H0 = [];
  (function () {
    var n = 2, found = 0;
    function frac(x) { return ((x - Math.floor(x)) * 4294967296) | 0; }
    while (found < 64) {
      var prime = true;
      for (var d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
      if (prime) { if (found < 8) H0[found] = frac(Math.pow(n, 1 / 2)); K[found++] = frac(Math.pow(n, 1 / 3)); }
      n++;
    }
  })();
  function sha256(text) {
    var words = [], length = text.length, h = H0.slice(), w = new Array(64), i, j;
    for (i = 0; i < length; i++) words[i >> 2] |= text.charCodeAt(i) << (24 - (i % 4) * 8);
    words[length >> 2] |= 0x80 << (24 - (length % 4) * 8);
    words[(((length + 8) >> 6) << 4) + 15] = length * 8;
    for (i = 0; i < words.length; i += 16) {
      var a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], o = h[7];
      for (j = 0; j < 64; j++) {
        if (j < 16) w[j] = words[i + j] | 0;
        else {
          var x = w[j - 15], y = w[j - 2];
          w[j] = (w[j - 16] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + w[j - 7] + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)) | 0;
        }
        var t1 = (o + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + ((e & f) ^ (~e & g)) + K[j] + w[j]) | 0;
        var t2 = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        o = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
      }
      h = [h[0] + a | 0, h[1] + b | 0, h[2] + c | 0, h[3] + d | 0, h[4] + e | 0, h[5] + f | 0, h[6] + g | 0, h[7] + o | 0];
    }
    return h;
  }

  /* --- the challenge: find a number in small portions, so that the page stays quick --- */
  Array.prototype.forEach.call(document.querySelectorAll("[data-challenge]"), function (box) {
    var token = one('[name="token"]', box).value, work = one('[name="work"]', box), hint = one("[data-challenge-hint]", box);
    var bits;
    try { bits = JSON.parse(atob(token.split(":")[0].replace(/-/g, "+").replace(/_/g, "/"))).b; } catch (error) { return; }
    if (!bits || bits > 30) return;
    hint.textContent = hint.dataset.working;
    var tried = 0;
    (function portion() {
      for (var end = tried + 400; tried < end; tried++) {
        if (sha256(token + ":" + tried)[0] >>> (32 - bits) === 0) {
          work.value = String(tried);
          hint.textContent = hint.dataset.done;
          box.dataset.solved = "1";
          return;
        }
      }
      setTimeout(portion, 0);
    })();
  });

  /* --- danger: the numbers to call, at once --- */
  var dict = document.getElementById("emergency-words"), alarm = one("[data-emergency]"), text = one('textarea[name="text"]');
  if (dict && alarm && text) {
    var words = Array.prototype.concat.apply([], Object.values(JSON.parse(dict.textContent)));
    var look = function () { alarm.hidden = !words.some(function (word) { return text.value.indexOf(word) >= 0; }); };
    text.addEventListener("input", look);
    look();
  }

  /* --- position: asked for once, on a press of the button, rounded before it leaves the phone --- */
  var locate = one("[data-locate]");
  if (locate && navigator.geolocation && window.isSecureContext) {
    locate.hidden = false;
    var state = one("[data-locate-state]", locate), drop = one("[data-locate-drop]", locate);
    var lon = one('[name="longitude"]', locate), lat = one('[name="latitude"]', locate);
    var shown = function () { drop.hidden = !lon.value; if (lon.value) state.textContent = locate.dataset.got; };
    one("[data-locate-ask]", locate).addEventListener("click", function () {
      state.textContent = locate.dataset.asking;
      navigator.geolocation.getCurrentPosition(function (found) {
        lon.value = found.coords.longitude.toFixed(3);
        lat.value = found.coords.latitude.toFixed(3);
        shown();
      }, function () { state.textContent = locate.dataset.none; }, { enableHighAccuracy: false, timeout: 15000, maximumAge: 600000 });
    });
    drop.addEventListener("click", function () { lon.value = lat.value = ""; drop.hidden = true; state.textContent = ""; });
    shown();
  }

  Array.prototype.forEach.call(document.querySelectorAll("[data-print]"), function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
})();
