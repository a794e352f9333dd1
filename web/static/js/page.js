// Small helps for every page: forms that send themselves, tables that sort, buttons that print.

for (const select of document.querySelectorAll('[data-submit]')) {
  select.addEventListener('change', () => select.form.requestSubmit());
}
for (const button of document.querySelectorAll('[data-print]')) {
  button.addEventListener('click', () => window.print());
}

addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details')) details.open = true;
});

const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });

function sortBy(table, column, descending) {
  const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === '' || y === '') return (x === '') - (y === '');
    const order = Number.isNaN(+x) || Number.isNaN(+y) ? collator.compare(x, y) : x - y;
    return descending ? -order : order;
  });
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll('table[data-sort]')) {
  for (const head of table.tHead.rows[0].cells) {
    if ('fixed' in head.dataset) continue;
    const button = document.createElement('button');
    button.className = 'sort';
    button.append(...head.childNodes);
    const arrow = document.createElement('span');
    arrow.setAttribute('aria-hidden', 'true');
    button.append(arrow);
    head.append(button);
    button.addEventListener('click', () => {
      const descending = head.getAttribute('aria-sort') !== 'descending' && head.classList.contains('n')
        || head.getAttribute('aria-sort') === 'ascending';
      for (const other of table.tHead.rows[0].cells) {
        other.removeAttribute('aria-sort');
        const mark = other.querySelector('.sort span:last-child');
        if (mark) mark.textContent = '';
      }
      head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      arrow.textContent = descending ? ' ▼' : ' ▲';
      sortBy(table, head.cellIndex, descending);
    });
  }
}
