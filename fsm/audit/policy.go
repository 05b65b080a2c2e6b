package audit

import (
	"bytes"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// checkPolicy: the policy in memory is what is stored, a key has one name, rules name keys that
// there are, and only loaded versions have signatures, each of which verifies.
func (c *checker) checkPolicy() {
	keys, rules := c.p.Policy()
	named, known := map[string]bool{}, map[signature.Key]bool{}
	for i := range keys {
		k := &keys[i]
		if named[k.Name] || known[k.Key] || i > 0 && k.Name <= keys[i-1].Name {
			c.failf("the trusted key %q stands twice, or out of order", k.Name)
		}
		named[k.Name], known[k.Key] = true, true
	}
	for i := range rules {
		if i > 0 && rules[i].Prefix <= rules[i-1].Prefix {
			c.failf("the signature rule for %q stands twice, or out of order", rules[i].Prefix)
		}
		for _, name := range rules[i].Keys {
			if !named[name] {
				c.failf("the signature rule for %q names the key %q, which does not exist", rules[i].Prefix, name)
			}
		}
	}
	var stored, want []byte
	c.p.Scan(rows.Key(rows.FamilyPolicy), rows.Key(rows.FamilyPolicy+1), func(_, b []byte) bool {
		stored = append(stored, b...)
		return true
	})
	for i := range keys {
		want = rows.AppendEncoded(want, &keys[i])
	}
	for i := range rules {
		want = rows.AppendEncoded(want, &rules[i])
	}
	if !bytes.Equal(stored, want) {
		c.failf("the policy in memory is not what is stored: %+v, %+v", keys, rules)
	}
	c.p.Scan(rows.Key(rows.FamilySignatures), rows.Key(rows.FamilySignatures+1), func(k, b []byte) bool {
		v := catalog.Version(k[1:])
		pkg, loaded := c.p.Catalog().Package(v)
		signed := v // what signatures are of
		if loaded {
			signed = pkg.Content()
		}
		var all rows.VersionSignatures
		if err := rows.Decode(b, &all); err != nil || !loaded || len(all.List) == 0 || len(all.List) > fsm.MaxSignatures {
			c.failf("version %s has %d signatures, and is loaded: %v, %v", v, len(all.List), loaded, err)
		}
		by := map[signature.Key]bool{}
		for _, s := range all.List {
			if by[s.Signature.Key] || !s.Signature.Verify(signed) {
				c.failf("a signature of version %s by %s is none, or stands twice", v, s.Signature.Key)
			}
			by[s.Signature.Key] = true
		}
		return true
	})
}
