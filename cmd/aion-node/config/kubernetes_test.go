package config

import (
	"errors"
	"strings"
	"testing"
)

// These are the variables that kubelet sets for Services aion, aion-http and aion-gossip, in the
// order of its source.
var fromKubelet = []string{
	"AION_SERVICE_HOST=10.0.0.1", "AION_SERVICE_PORT=7600", "AION_SERVICE_PORT_HTTP=7600", "AION_PORT=tcp://10.0.0.1:7600",
	"AION_PORT_7600_TCP=tcp://10.0.0.1:7600", "AION_PORT_7600_TCP_PROTO=tcp", "AION_PORT_7600_TCP_PORT=7600", "AION_PORT_7600_TCP_ADDR=10.0.0.1",
	"AION_HTTP_SERVICE_HOST=fd00::1", "AION_HTTP_SERVICE_PORT=80", "AION_HTTP_SERVICE_PORT_WEB_UI=80", "AION_HTTP_PORT=tcp://[fd00::1]:80",
	"AION_HTTP_PORT_80_TCP=tcp://[fd00::1]:80", "AION_HTTP_PORT_80_TCP_ADDR=fd00::1",
	"AION_GOSSIP_PORT=udp://10.0.0.2:7602", "AION_GOSSIP_PORT_7602_UDP=udp://10.0.0.2:7602", "AION_GOSSIP_PORT_7602_UDP_PROTO=udp",
	"AION_GOSSIP_PORT_7602_UDP_PORT=7602", "AION_A_SERVICE_PORT_X=1",
}

func TestServicesOfKubernetesAreNoSettings(t *testing.T) {
	c, err := load(t, "", append([]string{"AION_NODE_ID=n7"}, fromKubelet...))
	if err != nil {
		t.Fatal(err)
	}
	if c.Node.ID != "n7" {
		t.Errorf("node.id is %q", c.Node.ID)
	}
}

func TestMistakesBesideServicesAreErrors(t *testing.T) {
	for _, v := range []string{
		"AION_HTTP_PORT=7600", "AION_PORT=7600", "AION_SERVICE_HOST=aion.example", "AION_SERVICE_PORT=http", "AION_HTTP_ADRESS=:7600",
		"AION_PORT_7600_TCP=7600", "AION_PORT_X_TCP=tcp://10.0.0.1:1", "AION_PORT_7600_TCP_PROTO=http", "AION_SERVICE_PORT=0", "AION_SERVICEHOST=10.0.0.1",
	} {
		name, _, _ := strings.Cut(v, "=")
		_, err := load(t, "", append([]string{v}, fromKubelet...)) // the first of a name counts for neither
		var bad *Error
		if !errors.As(err, &bad) || bad.Source != name {
			t.Errorf("%s: %v, want an error that names it", v, err)
		}
	}
}
