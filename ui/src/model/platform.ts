// What of the platform people see: how its keys are called. Nothing else depends on it.

export function onMac(): boolean {
  return /Mac OS X|Macintosh/.test(navigator.userAgent);
}
