// Saves the fields of a plan's items where they stand. Only what changed is sent; other fields of the same item may be
// changed elsewhere meanwhile.

import { drawer } from './drawer.js';
import { Saver, grow, reporter, watchLeaving } from './saver.js';
import { api, words } from './session.js';

const PAUSE = 1200;
const PERSON = /^(\w+)\.(\d+)\.(name|role|how)$/;

const isBox = (control) => control.type === 'checkbox' || control.type === 'radio';
// What the server sent: on a slow line somebody may have typed before this ran.
function firstValue(control) {
  if (control.tagName !== 'SELECT') return control.defaultValue;
  return ([...control.options].find((option) => option.defaultSelected) ?? control.options[0])?.value ?? '';
}

// Returns field -> value as the server takes it, of what is on the page now or of what the server sent.
function valuesOf(controls, isFirst) {
  const values = {};
  for (const control of controls) {
    const isOn = isFirst ? control.defaultChecked : control.checked;
    const value = isFirst ? firstValue(control) : control.value;
    const person = PERSON.exec(control.name);
    if (person) {
      const [, name, number, part] = person;
      values[name] ??= [];
      values[name][number] ??= {};
      values[name][number][part] = value;
    } else if (control.type === 'checkbox' && 'flag' in control.dataset) {
      values[control.name] = isOn;
    } else if (control.type === 'checkbox') {
      values[control.name] ??= [];
      if (isOn) values[control.name].push('numbers' in control.dataset ? Number(control.value) : control.value);
    } else if (control.type === 'radio') {
      if (isOn) values[control.name] = value;
    } else {
      values[control.name] = value;
    }
  }
  for (const [name, value] of Object.entries(values)) {
    if (Array.isArray(value)) values[name] = value.filter((one) => one !== undefined);
  }
  return values;
}

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

class Item extends Saver {
  constructor(form, report) {
    super(report, form.dataset.draft);
    this.form = form;
    this.versionField = form.elements.version;
    this.saved = valuesOf(this.controls, true);
    form.addEventListener('input', (event) => this.changed(isBox(event.target) ? 0 : PAUSE));
    form.addEventListener('change', () => this.save());
    form.addEventListener('focusout', () => this.save());
    form.addEventListener('submit', (event) => {
      // Everything is saved by itself; the button is for those without a script.
      if (event.submitter?.hasAttribute('formaction')) return;
      event.preventDefault();
      this.save();
    });
    form.addEventListener('click', (event) => this.clicked(event));
  }

  get controls() {
    return [...this.form.elements].filter((one) => one.name && one.type !== 'hidden' && one.type !== 'submit');
  }

  get base() {
    return Number(this.versionField.value);
  }

  set base(value) {
    this.versionField.value = value;
  }

  get isUnsaved() {
    return this.form.isConnected && Object.keys(this.take()).length > 0;
  }

  take() {
    const values = valuesOf(this.controls, false);
    return Object.fromEntries(Object.entries(values).filter(([name, value]) => !isSame(value, this.saved[name])));
  }

  asText(values) {
    return JSON.stringify(values);
  }

  put(fields, base, options) {
    return api('PUT', this.form.action, { fields, base_version: base }, options);
  }

  taken(fields, body) {
    Object.assign(this.saved, fields);
    this.base = body.version;
    for (const one of this.form.querySelectorAll('[data-after-save]')) one.hidden = false;
    this.form.dispatchEvent(new CustomEvent('item-saved', { bubbles: true, detail: fields }));
  }

  isTooLong(code) {
    return code === 'field_too_long';
  }

  // A value that cannot be saved yet, such as half a date, is tried again with the next change.
  refuse(body) {
    this.refused('refused', [body.title, body.mend].filter(Boolean).join('. '));
  }

  restore() {
    const kept = drawer.read(this.drawerName);
    if (!kept) return false;
    let values = {};
    try {
      values = JSON.parse(kept.text);
    } catch { /* Not of ours. */ }
    for (const control of this.controls) {
      // Long texts are what would hurt to lose; boxes are ticked again in a second.
      if (!isBox(control) && typeof values[control.name] === 'string') control.value = values[control.name];
    }
    if (!this.isUnsaved) {
      drawer.clear(this.drawerName);
      return false;
    }
    this.base = Math.min(kept.base, this.base);
    this.save();
    return true;
  }

  // Somebody else changed the same fields. The server kept this version aside; here stand both until one is chosen.
  elsewhere({ current, version }) {
    this.form.querySelectorAll('.other-version').forEach((box) => box.remove());
    for (const [name, value] of Object.entries(current)) this.showOther(name, value, version);
  }

  showOther(name, value, version) {
    const control = this.controls.find((one) => one.name === name || one.name.startsWith(`${name}.`));
    if (!control) return;
    const isText = typeof value === 'string' && !isBox(control);
    const box = document.getElementById('other-version').content.firstElementChild.cloneNode(true);
    const label = control.selectedOptions && [...control.options].find((one) => one.value === value)?.text;
    box.querySelector('.words').textContent = isText ? (label ?? value) : words().other_list;
    const both = box.querySelector('[data-choice="both"]');
    if (!isText || control.tagName !== 'TEXTAREA') both.remove();
    if (!isText) box.querySelector('[data-choice="other"]').remove();
    box.dataset.field = name;
    box.addEventListener('click', (event) => {
      const choice = event.target.dataset?.choice;
      if (choice) this.choose(choice, control, name, value, version, box);
    });
    (control.closest('.field') ?? this.form).append(box);
  }

  choose(choice, control, name, value, version, box) {
    if (choice === 'both') control.value = `${control.value}\n\n${value}`;
    if (choice === 'other') control.value = value;
    this.saved[name] = value;
    box.remove();
    control.focus();
    if (this.form.querySelector('.other-version')) return;
    this.base = version;
    this.trouble = '';
    this.changed(0);
  }

  // Rows of people: one more is there as soon as it is wanted, and one that is emptied is gone with the next look.
  clicked(event) {
    const button = event.target.closest('[data-add-person]');
    if (!button) return;
    const rows = button.closest('.people').querySelectorAll('.person');
    const row = rows[rows.length - 1].cloneNode(true);
    for (const control of row.querySelectorAll('[name]')) {
      const next = control.name.replace(/\.\d+\./, `.${rows.length}.`);
      for (const label of row.querySelectorAll(`label[for="${control.id}"]`)) label.htmlFor = next;
      control.name = next;
      control.id = next;
      if (control.tagName === 'INPUT') { control.value = ''; control.setAttribute('value', ''); }
      else control.selectedIndex = 0;
    }
    rows[rows.length - 1].after(row);
    row.querySelector('input').focus();
  }
}

let items = [];
let isWatching = false;

export function setUpInPlace(forms) {
  const status = document.getElementById('saved');
  const report = status ? reporter(status, () => items, words()) : () => {};
  const fresh = forms.filter((form) => !form.dataset.ready);
  items = items.filter((item) => item.form.isConnected);
  let hasRestored = false;
  for (const form of fresh) {
    form.dataset.ready = 'yes';
    for (const field of form.querySelectorAll('textarea')) grow(field);
    const item = new Item(form, report);
    items.push(item);
    if (item.isUnsaved) item.changed();
    hasRestored = item.restore() || hasRestored;
  }
  if (hasRestored && status && !items.some((item) => item.trouble)) status.textContent = words().restored;
  if (isWatching) return;
  isWatching = true;
  watchLeaving(document.documentElement, () => items);
}
