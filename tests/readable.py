"""What a lab is to those who read it in the dark, by keys alone, or with a screen reader."""

import re


def nameless(lab):
    """List the controls of a lab that have no name for a screen reader."""
    kinds = "button|textbox|combobox|slider|spinbutton|checkbox|meter|img"
    return re.findall(rf'(?m)^ *- (?:{kinds})(?! ")[^\n]*', lab.aria_snapshot())


def pale(lab):
    """List the words of a lab whose contrast is below 4.5 to 1."""
    return lab.evaluate(PALE)


def tabbed(page, lab):
    """Press Tab through a lab: list what is met, and whether it then looks another way."""
    lab.evaluate("lab => { lab.tabIndex = -1; lab.focus(); }")
    met = []
    while len(met) < 99:
        page.keyboard.press("Tab")
        name, is_seen, is_inside = lab.evaluate(FOCUSED)
        if not is_inside:
            break
        met.append((name, is_seen))
    return met


FOCUSED = """lab => {
  const element = document.activeElement, looks = () => {
    const {outline, boxShadow, borderColor} = getComputedStyle(element);
    return outline + boxShadow + borderColor;
  };
  if (!lab.contains(element)) return ['', false, false];
  const focused = looks();
  element.blur();
  const is_seen = looks() !== focused;
  element.focus();
  const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent;
  return [(label || element.textContent).trim(), is_seen, true];
}"""
PALE = r"""lab => {
  const rgb = css => {
    const [r, g, b, a = 1] = css.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
  const light = c => [.2126, .7152, .0722].reduce((sum, weight, i) => sum + weight *
    (c[i] / 255 <= .03928 ? c[i] / 255 / 12.92 : ((c[i] / 255 + .055) / 1.055) ** 2.4), 0);
  const ground = element => {
    const own = rgb(getComputedStyle(element).backgroundColor), parent = element.parentElement;
    return own[3] === 1 || !parent ? own : over(own, ground(parent));
  };
  const found = [], walk = document.createTreeWalker(lab, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), element = walk.currentNode.parentElement;
    const is_shown = element.checkVisibility() && !element.closest('[disabled], option, style');
    if (!text || !is_shown) continue;
    const below = ground(element), above = over(rgb(getComputedStyle(element).color), below);
    const [low, high] = [light(below), light(above)].sort((a, b) => a - b);
    if ((high + .05) / (low + .05) < 4.5) found.push(text);
  }
  return found;
}"""
