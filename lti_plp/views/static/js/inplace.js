// Saves the fields of a plan's items where they stand. Only what changed is sent; other fields of the same item may be
// changed elsewhere meanwhile.

import { drawer } from './drawer.js';
import { Saver, grow, reporter, watchLeaving } from './saver.js';
import { api, words } from './session.js';

const PAUSE = 1200;
// A row of a list: of people, of things to see to, of papers.
const PERSON = /^(\w+)\.(\d+)\.(name|role|how|text|done|kind|where)$/;

const MOST_PEOPLE = 20;

// Half a date is no value yet.
const controlsOf = (form) => [...form.elements].filter(
  (one) => one.name && one.type !== 'hidden' && one.type !== 'submit' && !one.validity.badInput,
);
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
      values[name][number][part] = control.type === 'checkbox' ? isOn : value;
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

// A value of the server as fields hold it; nothing for a list.
function asField(value) {
  return typeof value === 'object' && value !== null ? null : String(value ?? '');
}

class Item extends Saver {
  constructor(form, report) {
    const controls = controlsOf(form);
    // An item may have several forms on a page.
    super(report, `${form.dataset.draft}:${controls[0]?.name}`);
    this.form = form;
    this.versionField = form.elements.version;
    this.saved = valuesOf(controls, true);
    this.unfit = {};
    this.bases = {};
    form.addEventListener('input', (event) => this.changed(isBox(event.target) ? 0 : PAUSE));
    form.addEventListener('change', () => this.save());
    form.addEventListener('focusout', () => this.save());
    form.addEventListener('submit', (event) => {
      // Everything is saved by itself; the button is for those without a script.
      if (event.submitter?.hasAttribute('formaction')) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.save();
    });
    form.addEventListener('click', (event) => {
      const button = event.target.closest('[data-add-person]');
      if (button) addPerson(button.closest('.people')).querySelector('input:not([type="checkbox"])').focus();
    });
  }

  get base() {
    return Number(this.versionField.value);
  }

  set base(value) {
    this.versionField.value = value;
  }

  get isUnsaved() {
    return this.form.isConnected && Object.keys(this.kept).length > 0;
  }

  get canSend() {
    return this.form.isConnected && Object.keys(this.take()).length > 0;
  }

  get kept() {
    const values = valuesOf(controlsOf(this.form), false);
    return Object.fromEntries(Object.entries(values).filter(([name, value]) => !isSame(value, this.saved[name])));
  }

  // What is to be sent at once: fields that were typed over the same version. What the server refused stays on the
  // page, and keeps nothing else from being saved.
  take() {
    const fit = Object.entries(this.kept).filter(([name, value]) => !isSame(value, this.unfit[name]));
    const base = Math.min(...fit.map(([name]) => this.versionOf(name)));
    return Object.fromEntries(fit.filter(([name]) => this.versionOf(name) === base));
  }

  versionOf(name) {
    return this.bases[name] ?? this.base;
  }

  baseOf(fields) {
    return this.versionOf(Object.keys(fields)[0]);
  }

  // The page has seen `version` of these fields. It has seen it of all others, too, when nobody else was in between;
  // else what stands in them may be older, and typing over it must not pass for having read the newer words.
  seen(names, version, base = -1) {
    if (version <= base + 1) {
      for (const [name, one] of Object.entries(this.bases)) if (one === base) this.bases[name] = version;
      if (this.base === base) this.base = version;
    }
    for (const name of names) this.bases[name] = version;
  }

  asText(values) {
    return JSON.stringify(values);
  }

  put(fields, base, options) {
    return api('PUT', this.form.action, { fields, base_version: base }, options);
  }

  changed(pause) {
    if (this.trouble === 'refused' || this.trouble === 'long') {
      const now = this.kept;
      for (const [name, value] of Object.entries(this.unfit)) if (!isSame(value, now[name])) delete this.unfit[name];
      if (!Object.keys(this.unfit).length) this.trouble = this.message = '';
    }
    super.changed(pause);
  }

  taken(fields, body) {
    Object.assign(this.saved, fields);
    this.seen(Object.keys(fields), body.version, this.baseOf(fields));
    for (const one of this.form.querySelectorAll('[data-after-save]')) one.hidden = false;
    this.form.dispatchEvent(new CustomEvent('item-saved', { bubbles: true, detail: fields }));
  }

  accepted(fields, body) {
    super.accepted(fields, body);
    if (Object.keys(this.unfit).length) this.refused(...this.complaint);
  }

  isTooLong() {
    return false; // See below: of several fields only one is.
  }

  // A value that cannot be saved yet, such as half a date, is tried again when it is another one.
  refuse(body, sent) {
    const name = body.details?.field;
    if (name in sent) this.unfit[name] = sent[name];
    const isLong = body.code === 'field_too_long';
    this.complaint = isLong ? ['long'] : ['refused', [body.title, body.mend].filter(Boolean).join('. ')];
    this.refused(...this.complaint);
    if (name in sent && this.canSend) this.changed(0);
  }

  restore() {
    const kept = drawer.read(this.drawerName);
    if (!kept) return false;
    let values = {};
    try {
      values = JSON.parse(kept.text);
    } catch { /* Not of ours. */ }
    this.putBack(values);
    if (!this.isUnsaved) {
      drawer.clear(this.drawerName);
      return false;
    }
    this.base = Math.min(kept.base, this.base);
    this.save();
    return true;
  }

  // Words are what would hurt to lose; boxes are ticked again in a second.
  putBack(values) {
    for (const people of this.form.querySelectorAll('.people')) {
      const [, name] = PERSON.exec(people.querySelector('[name]').name);
      const wanted = Array.isArray(values[name]) ? values[name].length : 0;
      while (people.querySelectorAll('.person').length < Math.min(wanted, MOST_PEOPLE)) addPerson(people);
    }
    for (const control of controlsOf(this.form)) {
      const [, name, number, part] = PERSON.exec(control.name) ?? [];
      const value = name ? values[name]?.[number]?.[part] : values[control.name];
      if (!isBox(control) && typeof value === 'string') control.value = value;
    }
  }

  // Somebody else changed the same fields. The server kept this version aside; here stand both until one is chosen.
  elsewhere({ current, version, is_removed: isRemoved }, sent) {
    if (isRemoved) {
      this.stop('refused', words().removed);
      return;
    }
    const merged = Object.entries(sent).filter(([name]) => !(name in current));
    Object.assign(this.saved, Object.fromEntries(merged));
    this.seen(merged.map(([name]) => name), version);
    this.form.querySelectorAll('.other-version').forEach((box) => box.remove());
    for (const [name, value] of Object.entries(current)) this.showOther(name, value, version);
  }

  showOther(name, value, version) {
    const control = controlsOf(this.form).find((one) => one.name === name || one.name.startsWith(`${name}.`));
    if (!control) return;
    const text = isBox(control) || PERSON.test(control.name) ? null : asField(value);
    const box = document.getElementById('other-version').content.firstElementChild.cloneNode(true);
    const label = control.selectedOptions && [...control.options].find((one) => one.value === text)?.text;
    box.querySelector('.words').textContent = text === null ? words().other_list : (label ?? (text || words().nothing));
    if (!text || control.tagName !== 'TEXTAREA') box.querySelector('[data-choice="both"]').remove();
    if (text === null) box.querySelector('[data-choice="other"]').remove();
    box.addEventListener('click', (event) => {
      const choice = event.target.dataset?.choice;
      if (choice) this.choose(choice, control, text ?? value, version, box);
    });
    (control.closest('.field') ?? this.form).append(box);
  }

  choose(choice, control, other, version, box) {
    if (choice === 'both') control.value = `${control.value}\n\n${other}`;
    if (choice === 'other') control.value = other;
    const name = PERSON.exec(control.name)?.[1] ?? control.name;
    this.saved[name] = other;
    this.seen([name], version);
    box.remove();
    control.focus();
    if (this.form.querySelector('.other-version')) return;
    this.trouble = '';
    this.changed(0);
  }
}

// Rows of people: one more is there as soon as it is wanted, and one that is emptied is gone with the next look.
function addPerson(people) {
  const rows = people.querySelectorAll('.person');
  const last = rows[rows.length - 1];
  const row = last.cloneNode(true);
  for (const control of row.querySelectorAll('[name]')) {
    const next = control.name.replace(/\.\d+\./, `.${rows.length}.`);
    for (const label of row.querySelectorAll(`label[for="${control.id}"]`)) label.htmlFor = next;
    control.name = next;
    control.id = next;
    if (control.type === 'checkbox') { control.checked = false; control.removeAttribute('checked'); }
    else if (control.tagName === 'INPUT') { control.value = ''; control.setAttribute('value', ''); }
    else control.selectedIndex = 0;
  }
  last.after(row);
  return row;
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
