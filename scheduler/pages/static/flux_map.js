// Shows the maps of the page with Escher, and lets them be looked at together.
"use strict";

(() => {
  const { map, panels } = JSON.parse(document.getElementById("data").textContent);
  const choices = document.getElementById("choices");
  const REST = { color: "#d9d9d9", size: 8 };

  // Beyond the full width a line grows no more, so that few large fluxes do not hide the rest.
  function scaleFluxes(top, most) {
    return [
      { type: "value", value: 0, ...REST },
      { type: "value", value: top / 1000, color: "#9cc9e8", size: 11 },
      { type: "value", value: top / 4, color: "#4e9ecd", size: 22 },
      { type: "value", value: top / 2, color: "#0072b2", size: 28 },
      { type: "value", value: top, color: "#002b4d", size: 38 },
      { type: "value", value: most, color: "#002b4d", size: 38 },
    ];
  }

  function scaleDifferences(top, most) {
    const less = [["#b35900", 38], ["#e69f00", 12]];
    const more = [["#004c77", 38], ["#3399cc", 12]];
    const side = (sign, [far, near]) => [
      { type: "value", value: sign * most, color: far[0], size: far[1] },
      { type: "value", value: sign * top, color: far[0], size: far[1] },
      { type: "value", value: (sign * top) / 1000, color: near[0], size: near[1] },
    ];
    return [...side(-1, less), { type: "value", value: 0, ...REST }, ...side(1, more).reverse()];
  }

  function styleReactions(panel) {
    const styles = panel.isDifference ? ["color", "size"] : ["abs", "color", "size"];
    return choices.elements.values.checked ? [...styles, "text"] : styles;
  }

  // Beside the difference of two sets of data Escher would write both.
  function writeDifferences(builder, panel) {
    if (panel.isDifference) {
      for (const reaction of Object.values(builder.map.reactions)) {
        reaction.data_string = panel.texts[reaction.bigg_id] ?? "";
      }
    }
    builder.map.draw_everything();
  }

  function show(panel, element, onLoad) {
    const inner = document.createElement("div");
    element.appendChild(inner);
    const [first, second] = panel.data;
    const sizes = Object.keys(first).map((id) => Math.abs(second ? second[id] - first[id] : first[id]));
    const most = Math.max(panel.fullWidth * 1.001, ...sizes);
    escher.Builder(map, null, null, escher.libs.d3_select(inner), {
      menu: "none",
      fill_screen: false,
      enable_editing: false,
      enable_keys: false,
      enable_search: false,
      never_ask_before_quit: true,
      scroll_behavior: "zoom",
      use_3d_transform: false,
      reaction_data: panel.data,
      reaction_compare_style: "diff",
      reaction_styles: styleReactions(panel),
      reaction_scale: (panel.isDifference ? scaleDifferences : scaleFluxes)(panel.fullWidth, most),
      reaction_scale_preset: false,
      reaction_no_data_color: REST.color,
      reaction_no_data_size: REST.size,
      show_gene_reaction_rules: false,
      first_load_callback: (builder) => {
        writeDifferences(builder, panel);
        onLoad(builder);
      },
    });
  }

  // What is moved or enlarged in one map is so in the others.
  function moveTogether(builder) {
    builder.zoom_container.callbackManager.set("go_to", () => {
      const { windowScale, windowTranslate } = builder.zoom_container;
      for (const { zoom_container: other } of builders) {
        if (other.windowScale !== windowScale || other.windowTranslate !== windowTranslate) {
          other.goTo(windowScale, windowTranslate);
        }
      }
    });
  }

  const elements = document.querySelectorAll(".map");
  const builders = [];
  panels.forEach((panel, number) => show(panel, elements[number], (builder) => {
    builders[number] = builder;
    if (Object.keys(builders).length === panels.length) {
      builders.forEach(moveTogether);
      document.body.dataset.shown = String(panels.length);
    }
  }));

  const ZOOMS = {
    in: () => builders[0].zoom_container.zoom_in(),
    out: () => builders[0].zoom_container.zoom_out(),
    all: () => builders[0].map.zoom_extent_canvas(),
  };
  choices.addEventListener("click", (event) => ZOOMS[event.target.dataset.zoom]?.());
  choices.addEventListener("change", () => {
    builders.forEach((builder, number) => {
      builder.settings.set("identifiers_on_map", choices.elements.names.checked ? "name" : "bigg_id");
      builder.settings.set("reaction_styles", styleReactions(panels[number]));
      writeDifferences(builder, panels[number]);
    });
  });
})();
