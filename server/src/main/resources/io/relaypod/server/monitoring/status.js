(() => {
  const root = document.documentElement;
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.pathname, {cache: 'no-store', signal: AbortSignal.timeout(8000)});
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      document.querySelector('main').replaceWith(page.querySelector('main'));
      document.title = page.title;
      root.classList.remove('lost');
    } catch (unreachable) {
      root.classList.add('lost');
    }
  };
  setInterval(refresh, 10000);
  document.addEventListener('visibilitychange', refresh);
})();
