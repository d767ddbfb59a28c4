// Draws the charts in the page's colours, and again when they change from light to dark.
(() => {
    'use strict';
    const root = document.documentElement;
    const charts = [...document.querySelectorAll('.chart')].map(element => ({
        element,
        spec: JSON.parse(document.getElementById(element.dataset.spec).textContent),
    }));

    // Specifications name what the style sheet decides, as var(--accent).
    const coloured = (value, style) =>
        typeof value === 'string' ? value.replace(/var\((--[a-z-]+)\)/g, (_, name) => style.getPropertyValue(name).trim())
        : Array.isArray(value) ? value.map(each => coloured(each, style))
        : value && typeof value === 'object'
            ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, coloured(each, style)]))
        : value;

    const config = font => ({
        background: 'transparent',
        font,
        mark: { color: 'var(--accent)' },
        axis: {
            domainColor: 'var(--rule)', tickColor: 'var(--rule)', gridColor: 'var(--rule)',
            labelColor: 'var(--soft)', titleColor: 'var(--soft)', labelFontSize: 12, titleFontSize: 12,
            titleFontWeight: 'normal', titlePadding: 8, gridOpacity: 0.7, labelOverlap: true, labelFlush: false,
        },
        axisX: { grid: false, labelFlush: true },
        legend: {
            orient: 'top', labelColor: 'var(--ink)', titleColor: 'var(--soft)', labelFontSize: 12, titleFontSize: 12,
            titleFontWeight: 'normal', symbolStrokeWidth: 2, offset: 8, columnPadding: 14,
        },
        range: { category: ['var(--accent)', ...Array(6).fill(['var(--second)', 'var(--third)', 'var(--fourth)']).flat()] },
        view: { stroke: null },
    });

    const tooltip = { disableDefaultStyle: true };

    async function draw(chart) {
        const style = getComputedStyle(root);
        const options = {
            mode: 'vega-lite', renderer: 'svg', actions: false, defaultStyle: false, tooltip,
            config: coloured(config(style.fontFamily), style),
        };
        chart.drawn?.finalize();
        // What is drawn says nothing that the element's own label does not.
        chart.drawn = await vegaEmbed(chart.element, coloured(chart.spec, style), options);
        chart.element.querySelector('svg').setAttribute('aria-hidden', 'true');
    }

    function failed(chart, error) {
        console.error(error);
        chart.element.textContent = 'This chart could not be drawn; its numbers stand below.';
        chart.element.closest('figure').querySelector('details').open = true;
    }

    async function drawAll() {
        delete root.dataset.drawn;
        for (const chart of charts) {
            try {
                await draw(chart);
            } catch (error) {
                failed(chart, error);
            }
            root.dataset.firstDrawing ??= performance.now().toFixed(0);
        }
        root.dataset.drawn = charts.length;
    }

    // One after another: a change of colours while charts are drawn waits for them.
    let drawing = drawAll();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
        drawing = drawing.then(drawAll);
    });
})();
