package authority

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Set is what one cluster starts with, in a folder: the authority, what all nodes share, and a
// folder for each node with everything that its machine needs.
type Set struct {
	Cluster string        // cluster.name
	Dir     string        // of the set
	Install string        // where a node's folder will be on its machine; empty = where it is written
	Life    time.Duration // lifetime of node certificates
	Renew   bool          // also renew the certificates of existing nodes
	Now     time.Time
}

// Made is what Create wrote.
type Made struct {
	Dir     string     `json:"dir"`
	CAFile  string     `json:"ca_file"`
	Token   string     `json:"token_file"`
	Nodes   []MadeNode `json:"nodes"`
	Founded bool       `json:"founded"` // the authority is new
}

// MadeNode is the folder of one node.
type MadeNode struct {
	ID       string    `json:"id"`
	Address  string    `json:"address"`
	Config   string    `json:"config"`
	NotAfter time.Time `json:"not_after"`
	Renewed  bool      `json:"renewed,omitempty"`
}

// Create writes the folders of nodes. If the folder has no authority, Create makes one, and the
// nodes found the cluster; nodes that are added later join it.
func (s Set) Create(nodes []Node) (*Made, error) {
	if err := checkName("name of a cluster", s.Cluster); err != nil {
		return nil, err
	}
	there, err := s.read()
	if err != nil {
		return nil, err
	}
	for i, n := range nodes {
		if err := n.conflicts(slices.Concat(there, nodes[:i])); err != nil {
			return nil, fmt.Errorf("%w; nothing was written", err)
		}
	}
	if len(nodes) == 0 && !s.Renew {
		return nil, errors.New("no nodes are named")
	}
	if len(there) == 0 && len(nodes) == 0 {
		return nil, fmt.Errorf("%s has no nodes whose certificates could be renewed", s.Dir)
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, err
	}
	_, err = os.Stat(filepath.Join(s.Dir, caFile))
	made := &Made{Dir: s.Dir, CAFile: filepath.Join(s.Dir, caFile), Token: filepath.Join(s.Dir, tokenFile), Founded: errors.Is(err, fs.ErrNotExist)}
	issuer, err := open(s.Dir, s.Cluster, s.Now)
	if err != nil {
		return nil, err
	}
	shared, err := s.share()
	if err != nil {
		return nil, err
	}
	if s.Renew {
		for _, n := range there {
			m, err := s.certify(issuer, n, replace)
			if err != nil {
				return nil, err
			}
			m.Renewed = true
			made.Nodes = append(made.Nodes, m)
		}
	}
	all := slices.Concat(there, nodes)
	for _, n := range nodes {
		if err := os.Mkdir(filepath.Join(s.Dir, n.ID), 0o700); err != nil {
			return nil, err
		}
		m, err := s.certify(issuer, n, write)
		if err != nil {
			return nil, err
		}
		if err := write(filepath.Join(s.Dir, n.ID, caFile), issuer.pem, public); err != nil {
			return nil, err
		}
		founders := len(nodes)
		if len(there) > 0 {
			founders = 0
		}
		if err := write(m.Config, s.settings(n, all, founders, shared), secret); err != nil {
			return nil, err
		}
		made.Nodes = append(made.Nodes, m)
	}
	return made, nil
}

// certify gives a node a certificate.
func (s Set) certify(i *issuer, n Node, put func(string, []byte, fs.FileMode) error) (MadeNode, error) {
	cert, key, err := i.issue(s.Cluster, n, s.Now, s.Life)
	if err != nil {
		return MadeNode{}, err
	}
	dir := filepath.Join(s.Dir, n.ID)
	if err := put(filepath.Join(dir, keyFile), key, secret); err != nil {
		return MadeNode{}, err
	}
	return MadeNode{
		ID: n.ID, Address: "https://" + n.at(0), Config: filepath.Join(dir, tomlFile), NotAfter: earlier(s.Now.Add(s.Life), i.cert.NotAfter),
	}, put(filepath.Join(dir, certFile), cert, public)
}

// read returns the nodes that already have a folder.
func (s Set) read() ([]Node, error) {
	files, err := filepath.Glob(filepath.Join(s.Dir, "*", tomlFile))
	if err != nil {
		return nil, err
	}
	var nodes []Node
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var said struct {
			Node struct{ ID string }
			HTTP struct{ Advertise string }
		}
		if err := toml.Unmarshal(content, &said); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		n, err := ParseNode(said.Node.ID + "=" + said.HTTP.Advertise)
		if err != nil {
			return nil, fmt.Errorf("%s does not say node.id and http.advertise as this command writes them: %w", file, err)
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// shared is what all nodes share.
type shared struct{ gossip, token string }

// share reads the shared secrets, or generates them.
func (s Set) share() (shared, error) {
	gossip, err := readOrCreate(filepath.Join(s.Dir, gossipFile), base64.StdEncoding.EncodeToString)
	if err != nil {
		return shared{}, err
	}
	token, err := readOrCreate(filepath.Join(s.Dir, tokenFile), hex.EncodeToString)
	return shared{gossip, token}, err
}

// readOrCreate returns the line in a file. If the file does not exist, it writes one made from 32
// random bytes.
func readOrCreate(path string, spell func([]byte) string) (string, error) {
	content, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(content)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	random := make([]byte, 32)
	rand.Read(random) // never fails
	line := spell(random)
	return line, write(path, []byte(line+"\n"), secret)
}

// settings returns a node's aion.toml.
func (s Set) settings(n Node, all []Node, founders int, with shared) []byte {
	dir, data := s.Install, "/var/lib/aion"
	if dir == "" {
		dir, _ = filepath.Abs(filepath.Join(s.Dir, n.ID))
		data = filepath.Join(dir, "data")
	}
	var join []string
	for _, other := range all {
		join = append(join, fmt.Sprintf("%q", other.at(2)))
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Node %s of cluster %s. It holds secrets: only the user that runs the node may read it.", n.ID, s.Cluster)
	line("[node]\nid = %q\ndata_dir = %q", n.ID, data)
	line("[cluster]\nname = %q", s.Cluster)
	if founders > 0 {
		line("bootstrap_expect = %d # these found the cluster together; of no meaning after that", founders)
	}
	line("join = [%s]", strings.Join(join, ", "))
	for i, section := range []string{"http", "raft", "gossip"} {
		line("[%s]\naddress = %q\nadvertise = %q", section, n.listen(i), n.at(i))
	}
	line("key = %q # of gossip, the same on every node", with.gossip)
	line("[tls]\ncert_file = %q\nkey_file = %q\nca_file = %q", filepath.Join(dir, certFile), filepath.Join(dir, keyFile), filepath.Join(dir, caFile))
	line("[auth]\ntokens = [\"admin:write:%s\"] # NAME:ROLE:SECRET, the same on every node", with.token)
	return []byte(b.String())
}
