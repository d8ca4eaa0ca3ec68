// Package alert tells operators when the use of a day nears its limit: at 70 %
// and at 90 %, once each per day, subject and limit, over all replicas.
//
// A [Watcher] looks at how the subjects stand every few seconds, so that no call
// waits for it. What it finds goes into a metric and a line of the log and, if
// there is one, to a webhook, whose deliveries are queued, bounded and tried
// three times. Others may send theirs on the same way ([Watcher.Tell]).
package alert
