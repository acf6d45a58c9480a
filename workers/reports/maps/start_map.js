"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const flux = [
    { type: "value", value: 0, color: "#d9d9d9", size: 8 },
    { type: "value", value: 0.001, color: "#9cc9e8", size: 12 },
    { type: "Q3", color: "#0072b2", size: 24 },
    { type: "max", color: "#002b4d", size: 36 },
  ];
  const difference = [
    { type: "min", color: "#b35900", size: 36 },
    { type: "value", value: -0.001, color: "#e69f00", size: 14 },
    { type: "value", value: 0, color: "#d9d9d9", size: 8 },
    { type: "value", value: 0.001, color: "#3399cc", size: 14 },
    { type: "max", color: "#004c77", size: 36 },
  ];
  let builder = null;
  function show(number) {
    const fluxes = data.choices[number].fluxes;
    const element = document.getElementById("map");
    element.replaceChildren();
    const inner = document.createElement("div");
    inner.style.height = "100%";
    element.appendChild(inner);
    builder = escher.Builder(data.map, null, null, escher.libs.d3_select(inner), {
      menu: "zoom",
      fill_screen: false,
      enable_editing: false,
      never_ask_before_quit: true,
      scroll_behavior: "zoom",
      use_3d_transform: false,
      reaction_data: fluxes,
      reaction_compare_style: "diff",
      reaction_styles: fluxes.length > 1 ? ["color", "size", "text"] : ["abs", "color", "size", "text"],
      reaction_scale: fluxes.length > 1 ? difference : flux,
      reaction_scale_preset: false,
      reaction_no_data_color: "#d9d9d9",
      reaction_no_data_size: 8,
      show_gene_reaction_rules: false,
    });
    window.fluxMap = builder;
  }
  const choice = document.getElementById("choice");
  if (choice) choice.addEventListener("change", () => show(Number(choice.value)));
  show(0);
})();
