package config

import (
	"errors"
	"net"
	"net/url"
)

func (v *errorList) audit(a Audit) {
	if a.FileBytes != 0 && a.FileBytes < 1<<20 {
		v.add("audit.file_bytes", "%d is neither 0 nor at least %d", a.FileBytes, 1<<20)
	}
	if a.Webhook == "" {
		if a.Secret != "" {
			v.add("audit.webhook_token", "is given without audit.webhook")
		}
		return
	}
	u, err := a.URL()
	switch {
	case err != nil:
		v.add("audit.webhook", "%s", err)
	case u.Scheme == "http" && a.Secret != "" && !loopback(net.JoinHostPort(u.Hostname(), "1")):
		v.add("audit.webhook_token", "would go over the network in the clear: give audit.webhook as https://")
	}
}

// URL returns audit.webhook; nil if there is none.
func (a Audit) URL() (*url.URL, error) {
	if a.Webhook == "" {
		return nil, nil
	}
	u, err := url.Parse(a.Webhook)
	switch {
	case err != nil:
		return nil, errors.New("is no URL")
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, errors.New("is no URL that begins with https:// or http:// and names a host")
	case u.User != nil:
		return nil, errors.New("contains a password: give it as audit.webhook_token")
	}
	return u, nil
}
