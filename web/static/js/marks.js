// Pictures the map uses: hatches, gates, number badge, one disc per category. Drawn here, so nothing is fetched.

import { CAUSE_LOOKS, FONTS, GAP, GROUPS } from './style.js';

const RATIO = 2;

function canvas(size) {
  const element = document.createElement('canvas');
  element.width = element.height = size * RATIO;
  const pen = element.getContext('2d');
  pen.scale(RATIO, RATIO);
  return pen;
}

function add(map, name, pen, size) {
  const { data, width, height } = pen.getImageData(0, 0, size * RATIO, size * RATIO);
  map.addImage(name, { width, height, data }, { pixelRatio: RATIO });
}

function hatch(map, name, { size, width, line, fill, rises }) {
  const pen = canvas(size);
  if (fill) {
    pen.fillStyle = fill;
    pen.fillRect(0, 0, size, size);
  }
  pen.strokeStyle = line;
  pen.lineWidth = width;
  for (const shift of [-size, 0, size]) {
    pen.beginPath();
    pen.moveTo(shift - 1, rises ? size + 1 : -1);
    pen.lineTo(shift + size + 1, rises ? -1 : size + 1);
    pen.stroke();
  }
  add(map, name, pen, size);
}

function pattern(map, name, size, draw, colour) {
  const pen = canvas(size);
  pen.fillStyle = colour;
  draw(pen);
  add(map, name, pen, size);
}

// A disc with a sign; a hollow one, dashed, for what is not open yet.
function disc(map, name, colour, { size = 26, glyph = '', radius = 11, isHollow = false } = {}) {
  const pen = canvas(size);
  const middle = size / 2;
  pen.beginPath();
  pen.arc(middle, middle, radius, 0, 2 * Math.PI);
  pen.fillStyle = isHollow ? '#FFFFFF' : colour;
  pen.fill();
  pen.strokeStyle = isHollow ? colour : '#FFFFFF';
  if (isHollow) pen.setLineDash([3, 2.5]);
  pen.lineWidth = 2;
  pen.stroke();
  pen.fillStyle = isHollow ? colour : '#FFFFFF';
  pen.font = `600 13px ${FONTS.map((font) => (font.includes(' ') ? `"${font}"` : font)).join(',')}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillText(glyph, middle, middle + 0.5);
  add(map, name, pen, size);
}

function gate(map, name, draw, dash = []) {
  const size = 16;
  const pen = canvas(size);
  pen.beginPath();
  pen.arc(8, 8, 5, 0, 2 * Math.PI);
  pen.fillStyle = '#FFFFFF';
  pen.fill();
  pen.setLineDash(dash);
  pen.lineWidth = 2;
  pen.strokeStyle = pen.fillStyle = '#14191F';
  pen.stroke();
  draw(pen);
  add(map, name, pen, size);
}

export function addMarks(map, categories) {
  hatch(map, 'hatch-unknown', { size: 8, width: 1.6, line: '#7C8791', fill: '#F1F2F2', rises: true });
  hatch(map, 'hatch-gap', { size: 8, width: 1.4, line: GAP, fill: '', rises: false });
  pattern(map, 'bars-severed', 8, (pen) => pen.fillRect(0, 0, 3, 8), CAUSE_LOOKS.severed[0]);
  pattern(map, 'dots-capacity', 8, (pen) => {
    pen.arc(4, 4, 1.8, 0, 2 * Math.PI);
    pen.fill();
  }, CAUSE_LOOKS['over capacity'][0]);
  for (const [line, , , badge] of Object.values(CAUSE_LOOKS)) disc(map, badge, line);
  gate(map, 'gate-public', () => {});
  gate(map, 'gate-residents', (pen) => {
    pen.beginPath();
    pen.arc(8, 8, 5, Math.PI / 2, 1.5 * Math.PI);
    pen.fill();
  });
  gate(map, 'gate-closed', (pen) => {
    pen.beginPath();
    pen.arc(8, 8, 5, 0, 2 * Math.PI);
    pen.fill();
    pen.fillStyle = '#FFFFFF';
    pen.fillRect(5, 7, 6, 2);
  });
  gate(map, 'gate-unknown', (pen) => {
    pen.font = '600 9px sans-serif';
    pen.textAlign = 'center';
    pen.fillText('?', 8, 11);
  }, [2, 1.5]);
  for (const { id, group, mark: glyph } of categories) {
    disc(map, `mark-${id}`, GROUPS[group] ?? '#5E6973', { glyph });
    disc(map, `planned-${id}`, GROUPS[group] ?? '#5E6973', { glyph, isHollow: true });
  }
}
