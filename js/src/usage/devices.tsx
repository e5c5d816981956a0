/** How long the devices' queues are, and how long jobs wait there, with the figures' age. */
import type { DeviceStore } from "../around.js";
import { age, count, roughly } from "../format.js";
import { Menu } from "../parts/menu.js";
import type { DeviceInfo } from "../wire.gen.js";

const SHOWN = 2;

/** Whether the service tells anything of it that helps who waits. */
function tells({ queue, wait_p50_s: p50, status }: DeviceInfo): boolean {
  return queue !== null || p50 !== null || troubled(status);
}

function troubled(status: string): boolean {
  return status !== "" && status !== "online" && status !== "unknown";
}

/** "31 in queue, p50 14 min, p95 1 h 10 min". */
export function deviceWords(device: DeviceInfo): string {
  const { queue, wait_p50_s: p50, wait_p95_s: p95, status, message } = device;
  const parts = [
    troubled(status) ? `${status}${message ? ` (${message})` : ""}` : null,
    queue === null ? null : `${count(queue)} in queue`,
    p50 === null ? null : `wait p50 ${roughly(p50)}`,
    p95 === null ? null : `p95 ${roughly(p95)}`,
  ];
  return parts.filter(Boolean).join(", ");
}

function Age({ device, store }: { device: DeviceInfo; store: DeviceStore }) {
  const at = device.as_of;
  return <span class="rw-dim"> ({at === null ? "age unknown" : age(at, store.now)})</span>;
}

const WHY =
  "As the service tells it; half of the jobs waited less than p50, 19 of 20 less than p95";

function Device({ device, store }: { device: DeviceInfo; store: DeviceStore }) {
  return (
    <span class="rw-device" title={WHY}>
      {device.name}: {deviceWords(device)}
      <Age device={device} store={store} />
    </span>
  );
}

/** The devices of which the service tells a queue or a wait; nothing where it tells none. */
export function Devices({ store }: { readonly store: DeviceStore }) {
  // Where no job waits any more a queue tells nothing, and it is not asked for again.
  const all = store.open.value > 0 ? [...store.devices.value.values()].filter(tells) : [];
  // The longest queue first: it is what is waited for.
  all.sort((a, b) => (b.queue ?? -1) - (a.queue ?? -1) || a.name.localeCompare(b.name));
  if (!all.length) return null;
  const rest = all.slice(SHOWN);
  return (
    <span class="rw-devices">
      {all.slice(0, SHOWN).map((device) => (
        <Device key={device.name} device={device} store={store} />
      ))}
      {rest.length > 0 && (
        <Menu label={`${count(rest.length)} more`} name="Queues of the other devices">
          {() => (
            <ul class="rw-list">
              {rest.map((device) => (
                <li key={device.name}>
                  <Device device={device} store={store} />
                </li>
              ))}
            </ul>
          )}
        </Menu>
      )}
    </span>
  );
}
