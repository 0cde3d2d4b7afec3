/* Draws every figure[data-chart] from the JSON beside it; a click on a bar opens the records behind it. */
(function () {
  "use strict";
  function draw(figure) {
    var box = figure.querySelector("[data-chart-canvas]");
    var data = document.getElementById(figure.dataset.chart);
    if (!box || !data || box.dataset.drawn) return;
    box.dataset.drawn = "1";
    var style = getComputedStyle(document.body);
    var option = JSON.parse(data.textContent);
    option.textStyle = { fontFamily: style.fontFamily, fontSize: Math.max(12, parseFloat(style.fontSize) - 2) };
    var chart = window.echarts.init(box, null, { renderer: "canvas" });
    chart.on("finished", function () { figure.dataset.ready = "1"; });
    chart.setOption(option);
    chart.on("click", function (event) {
      var urls = (option.series[event.seriesIndex] || {}).urls;
      if (urls && urls[event.dataIndex]) window.location.assign(urls[event.dataIndex]);
    });
    var resize = function () { if (box.isConnected) chart.resize(); };
    window.addEventListener("resize", resize);
    box.addEventListener("yz:resize", function () {
      var size = Math.max(12, parseFloat(getComputedStyle(document.body).fontSize) - 2);
      chart.setOption({ textStyle: { fontSize: size } });
      resize();
    });
  }
  window.yz.drawCharts = function () { Array.prototype.forEach.call(document.querySelectorAll("[data-chart]"), draw); };
})();
