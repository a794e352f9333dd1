// Watching a load: the bar moves by itself; when the load has ended the page shows how.

const page = document.getElementById('job');
const bar = page.querySelector('.progress');
const line = document.getElementById('job-step');

async function look() {
  const answer = await fetch(`/api/v1/jobs/${page.dataset.job}`).catch(() => null);
  const job = answer?.ok ? await answer.json() : null;
  if (job && job.state !== 'queued' && job.state !== 'running') {
    location.reload();
    return;
  }
  if (job) {
    const percent = Math.round(100 * job.share);
    bar.setAttribute('aria-valuenow', percent);
    bar.firstElementChild.style.width = `${percent}%`;
    line.textContent = line.textContent.replace(/^\d+%/, `${percent}%`);
  }
  setTimeout(look, 700);
}

look();
