// Light or dark, and the search, without any other host.
(() => {
    'use strict';
    const root = document.documentElement;
    document.getElementById('colours').addEventListener('click', () => {
        const isDark = (root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
        localStorage.theme = root.dataset.theme = isDark ? 'light' : 'dark';
    });

    const dialog = document.querySelector('dialog');
    const [box, list] = [dialog.querySelector('input'), dialog.querySelector('ul')];
    let pages;

    async function open() {
        dialog.showModal();
        box.focus();
        pages ??= await (await fetch(`${root.dataset.root}index.json`)).json();
        show();
    }

    // Every word must be on the page; pages with the words in their title come first.
    function show() {
        const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
        const has = text => words.every(word => String(text ?? '').toLowerCase().includes(word));
        const found = words.length ? pages.filter(page => has(`${page.title} ${page.content} ${page.headings}`)) : [];
        found.sort((a, b) => has(b.title) - has(a.title) || a.title.length - b.title.length);
        list.replaceChildren(...found.slice(0, 20).map(page => {
            const [item, link] = [document.createElement('li'), document.createElement('a')];
            Object.assign(link, { href: page.uri, textContent: page.title.trim() });
            item.append(link);
            return item;
        }));
    }

    document.getElementById('search').addEventListener('click', open);
    box.addEventListener('input', () => pages && show());
    dialog.addEventListener('click', event => event.target === dialog && dialog.close());
    addEventListener('keydown', event => {
        if (event.key === '/' && !dialog.open && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
            event.preventDefault();
            open();
        }
    });
})();
