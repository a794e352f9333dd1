// Where the browser draws no live map: a still one, made by the server.

import { boot } from './words.js';

export function canDraw() {
  const canvas = document.createElement('canvas');
  return boot.has_map && 'maplibregl' in window && Boolean(canvas.getContext('webgl2') ?? canvas.getContext('webgl'));
}

export function showStill(place, { rule, level, study, standard }) {
  const still = document.createElement('object');
  still.type = 'image/svg+xml';
  still.data = `/map.svg?${new URLSearchParams({ rule, level, lang: boot.lang, ...(study ? { study } : {}), ...(standard ? { standard } : {}) })}`;
  place.replaceChildren(still);
}
