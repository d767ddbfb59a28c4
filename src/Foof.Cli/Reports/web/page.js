// Draws the charts in the page's colours, and again when they change from light to dark.
(() => {
    'use strict';
    const root = document.documentElement;
    const charts = [...document.querySelectorAll('.chart')].map(element => ({
        element,
        text: document.getElementById(element.dataset.spec).textContent,
    }));

    const font = 'system-ui, sans-serif';
    const guide = { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal', titleColor: 'var(--soft)', aria: false };
    const config = JSON.stringify({
        background: 'transparent',
        axis: {
            ...guide, domainColor: 'var(--rule)', tickColor: 'var(--rule)', gridColor: 'var(--rule)', gridOpacity: 0.7,
            labelColor: 'var(--soft)', titlePadding: 8, labelOverlap: true,
        },
        legend: {
            ...guide, orient: 'top', labelColor: 'var(--ink)', symbolStrokeWidth: 2, offset: 8, columnPadding: 14,
        },
        style: { 'guide-label': { font }, 'guide-title': { font }, text: { font } },
    });

    const tip = document.body.appendChild(document.createElement('table'));
    tip.id = 'tip';
    tip.setAttribute('aria-hidden', 'true');

    function tell(_, event, item, said) {
        tip.classList.toggle('visible', Boolean(said));
        if (!said)
            return;
        tip.replaceChildren(...Object.entries(said).map(texts => {
            const row = document.createElement('tr');
            row.append(...texts.map(text => Object.assign(document.createElement('td'), { textContent: text })));
            return row;
        }));
        tip.style.left = `${Math.max(0, Math.min(event.clientX + 12, innerWidth - tip.offsetWidth))}px`;
        tip.style.top = `${Math.max(0, Math.min(event.clientY + 12, innerHeight - tip.offsetHeight))}px`;
    }

    // This waits only for microtasks, so that charts requested before printing are there when the page is printed.
    async function draw({ chart, text, width, config }) {
        try {
            chart.view?.finalize();
            chart.element.replaceChildren();
            const spec = vega.parse(JSON.parse(text), config);
            chart.view = new vega.View(spec, { renderer: 'svg', container: chart.element, tooltip: tell }).width(width);
            await chart.view.runAsync();
            // The drawing adds nothing to the element's own label for screen readers.
            chart.element.querySelector('svg').setAttribute('aria-hidden', 'true');
        } catch (error) {
            console.error(error);
            chart.element.textContent = 'This chart could not be drawn; its numbers stand below.';
            chart.element.closest('figure').querySelector('details').open = true;
        }
    }

    // A visible page shows each chart before the next one is drawn; a hidden page has no frames.
    const painted = () =>
        new Promise(done => document.hidden ? setTimeout(done) : requestAnimationFrame(() => setTimeout(done)));

    // Everything is read from the page before anything is inserted, and visible charts come first.
    function planned() {
        const style = getComputedStyle(root);
        const found = {};
        // Specifications name what the style sheet decides, as var(--accent).
        const coloured = text =>
            text.replace(/var\((--[a-z-]+)\)/g, (_, name) => found[name] ??= style.getPropertyValue(name).trim());
        const settings = JSON.parse(coloured(config));
        const all = charts.map(chart => {
            const { top, bottom } = chart.element.getBoundingClientRect();
            return {
                chart, text: coloured(chart.text), width: chart.element.clientWidth, config: settings,
                isSeen: bottom > 0 && top < innerHeight,
            };
        });
        return [...all.filter(each => each.isSeen), ...all.filter(each => !each.isSeen)];
    }

    let left = [];

    async function drawAll() {
        delete root.dataset.drawn;
        left = planned();
        await painted();
        while (left.length) {
            await draw(left.shift());
            await painted();
            root.dataset.firstDrawing ??= performance.now().toFixed(0);
        }
        root.dataset.drawn = charts.length;
    }

    // One after another: a change of colours while charts are drawn waits for them.
    let drawing = drawAll();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
        drawing = drawing.then(drawAll);
    });
    addEventListener('beforeprint', () => left.splice(0).forEach(draw));
    addEventListener('resize', () => {
        const widths = charts.map(chart => chart.element.clientWidth);
        left.forEach(each => each.width = widths[charts.indexOf(each.chart)]);
        charts.forEach((chart, place) => chart.view?.width(widths[place]).runAsync());
    });
})();
