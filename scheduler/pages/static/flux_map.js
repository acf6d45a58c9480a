// Shows the maps of the page with Escher, and lets them be looked at together.
"use strict";

(() => {
  const { map, panels } = JSON.parse(document.getElementById("data").textContent);
  const choices = document.getElementById("choices");
  const REST_SIZE = 8;

  // The style sheet has the colours, those of light and those of dark pages.
  function readColor(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  function point(value, color, size) {
    return { type: "value", value, color: readColor(color), size };
  }

  // Beyond the full width a line grows no more, so that few large fluxes do not hide the rest.
  function scaleFluxes(top, most) {
    return [
      point(0, "rest", REST_SIZE),
      point(top / 1000, "flux-least", 11),
      point(top / 4, "flux-quarter", 22),
      point(top / 2, "flux-half", 28),
      point(top, "flux-most", 38),
      point(most, "flux-most", 38),
    ];
  }

  function scaleDifferences(top, most) {
    const side = (sign, name) => [
      point(sign * most, `${name}-most`, 38),
      point(sign * top, `${name}-most`, 38),
      point((sign * top) / 1000, `${name}-least`, 12),
    ];
    return [...side(-1, "less"), point(0, "rest", REST_SIZE), ...side(1, "more").reverse()];
  }

  function styleReactions(panel) {
    const styles = panel.isDifference ? ["color", "size"] : ["abs", "color", "size"];
    return choices.elements.values.checked ? [...styles, "text"] : styles;
  }

  // Escher has the fluxes, and so the arrows, of one state; colour, width and number are those of the difference.
  function writeDifferences(builder, panel) {
    for (const reaction of Object.values(builder.map.reactions)) {
      const value = panel.shown[reaction.bigg_id] ?? null;
      reaction.data = value;
      reaction.data_string = panel.texts[reaction.bigg_id] ?? "";
      for (const segment of Object.values(reaction.segments)) segment.data = value;
    }
  }

  function redraw(builder, panel) {
    if (panel.isDifference) writeDifferences(builder, panel);
    builder.map.draw_everything();
  }

  function scale(panel) {
    const sizes = Object.values(panel.shown).map(Math.abs);
    const most = Math.max(panel.fullWidth * 1.001, ...sizes);
    return (panel.isDifference ? scaleDifferences : scaleFluxes)(panel.fullWidth, most);
  }

  function show(panel, element, onLoad) {
    const inner = document.createElement("div");
    element.appendChild(inner);
    // Escher writes what it shows into the map that it is given: each drawing has one of its own.
    escher.Builder(structuredClone(map), null, null, escher.libs.d3_select(inner), {
      menu: "none",
      fill_screen: false,
      enable_editing: false,
      enable_keys: false,
      enable_search: false,
      never_ask_before_quit: true,
      scroll_behavior: "zoom",
      use_3d_transform: false,
      reaction_data: panel.data,
      reaction_styles: styleReactions(panel),
      reaction_scale: scale(panel),
      reaction_scale_preset: false,
      reaction_no_data_color: readColor("rest"),
      reaction_no_data_size: REST_SIZE,
      show_gene_reaction_rules: false,
      first_load_callback: (builder) => {
        // All has just been drawn; its reactions have the colours of one state.
        if (panel.isDifference) {
          writeDifferences(builder, panel);
          builder.map.draw_all_reactions(false, false);
        }
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

  // One map after the other, so that the page answers in between.
  function forEachMap(act) {
    panels.forEach((panel, number) => window.setTimeout(() => act(panel, number)));
  }

  const elements = document.querySelectorAll(".map");
  const builders = [];
  forEachMap((panel, number) => show(panel, elements[number], (builder) => {
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
    forEachMap((panel, number) => {
      const builder = builders[number];
      builder.settings.set("identifiers_on_map", choices.elements.names.checked ? "name" : "bigg_id");
      builder.settings.set("reaction_styles", styleReactions(panel));
      redraw(builder, panel);
    });
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    forEachMap((panel, number) => {
      builders[number].settings.set("reaction_no_data_color", readColor("rest"));
      builders[number].settings.set("reaction_scale", scale(panel));
      redraw(builders[number], panel);
    });
  });
})();
