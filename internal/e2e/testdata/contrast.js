// Lists the text whose contrast with its background is below what WCAG 2 asks for: 4.5, or 3 if it is large.
(() => {
  document.getAnimations().forEach(animation => animation.finish()); // from the colours of the other scheme
  const rgba = color => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
  const luminance = color => {
    const [r, g, b] = color.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = element =>
    element ? over(rgba(getComputedStyle(element).backgroundColor), background(element.parentElement)) : [255, 255, 255];
  const opacity = element => element ? getComputedStyle(element).opacity * opacity(element.parentElement) : 1;

  const elements = new Set(document.querySelectorAll("input, select, textarea"));
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (texts.currentNode.data.trim()) {
      elements.add(texts.currentNode.parentElement);
    }
  }
  const found = [];
  for (const element of elements) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.matches("option, :disabled")) {
      continue;
    }
    const style = getComputedStyle(element), below = background(element), color = rgba(style.color);
    color[3] *= opacity(element);
    const [light, dark] = [luminance(over(color, below)), luminance(below)].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05), size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
    if (contrast < (isLarge ? 3 : 4.5)) {
      found.push(`${contrast.toFixed(1)} ${element.tagName} ${element.className}: ${String(element.innerText || element.value).slice(0, 40)}`);
    }
  }
  return { found, examined: elements.size, background: luminance(background(document.body)) };
})()
