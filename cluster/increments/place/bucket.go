package place

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"net/url"
	"path"
	"strings"

	"aion.dev/aion/cluster/increments"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket keeps objects in a bucket of an S3-compatible store. A PUT of S3 is whole, durable and
// visible to all when it is answered.
type bucket struct {
	c            *minio.Client
	name, prefix string
}

// openBucket reads s3://BUCKET/PREFIX?endpoint=HOST:PORT&region=R&insecure=true. Whoever calls is
// found where tools for S3 look: the environment, ~/.aws/credentials, the machine's role.
func openBucket(target string, environ func(string) string) (increments.Store, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is not like s3://BUCKET/PREFIX?endpoint=HOST:PORT&region=REGION", target)
	}
	q := u.Query()
	for key := range q {
		if key != "endpoint" && key != "region" && key != "insecure" {
			return nil, fmt.Errorf("s3://%s has the parameter %q, and takes endpoint, region and insecure", u.Host, key)
		}
	}
	endpoint, secure := cmp.Or(q.Get("endpoint"), environ("AWS_ENDPOINT_URL_S3"), environ("AWS_ENDPOINT_URL"), "s3.amazonaws.com"), q.Get("insecure") != "true"
	if e, err := url.Parse(endpoint); err == nil && e.Host != "" {
		endpoint, secure = e.Host, secure && e.Scheme != "http"
	}
	c, err := minio.New(endpoint, &minio.Options{
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
		}),
		Secure: secure, Region: cmp.Or(q.Get("region"), environ("AWS_REGION"), environ("AWS_DEFAULT_REGION")),
	})
	if err != nil {
		return nil, fmt.Errorf("s3://%s: %w", u.Host, err)
	}
	return &bucket{c, u.Host, strings.Trim(u.Path, "/")}, nil
}

func (b *bucket) key(name string) string { return path.Join(b.prefix, name) }

// says names the bucket in errors, which the library leaves out.
func (b *bucket) says(name string, err error) error {
	if err == nil {
		return nil
	}
	if r := minio.ToErrorResponse(err); r.Code == minio.NoSuchKey {
		return &increments.None{Name: name}
	}
	return fmt.Errorf("s3://%s/%s: %w", b.name, b.key(name), err)
}

// Put implements increments.Store.
func (b *bucket) Put(ctx context.Context, name string, content []byte) error {
	_, err := b.c.PutObject(ctx, b.name, b.key(name), bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{
		ContentType: "application/octet-stream", DisableMultipart: true, SendContentMd5: true,
	})
	return b.says(name, err)
}

// Get implements increments.Store.
func (b *bucket) Get(ctx context.Context, name string) ([]byte, error) {
	o, err := b.c.GetObject(ctx, b.name, b.key(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, b.says(name, err)
	}
	defer o.Close()
	content, err := io.ReadAll(o)
	return content, b.says(name, err)
}

// Stat implements increments.Store.
func (b *bucket) Stat(ctx context.Context, name string) (increments.Object, error) {
	o, err := b.c.StatObject(ctx, b.name, b.key(name), minio.StatObjectOptions{})
	return increments.Object{Name: name, Bytes: o.Size, At: o.LastModified}, b.says(name, err)
}

// List implements increments.Store.
func (b *bucket) List(ctx context.Context, prefix string) iter.Seq2[increments.Object, error] {
	return func(yield func(increments.Object, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // ends the library's goroutine
		cut := b.key("x")
		cut = strings.TrimSuffix(cut, "x")
		for o := range b.c.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.key(prefix) + "/", Recursive: true}) {
			if o.Err != nil {
				yield(increments.Object{}, b.says(prefix, o.Err))
				return
			}
			if !yield(increments.Object{Name: strings.TrimPrefix(o.Key, cut), Bytes: o.Size, At: o.LastModified}, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(increments.Object{}, err)
		}
	}
}

// Remove implements increments.Store.
func (b *bucket) Remove(ctx context.Context, name string) error {
	err := b.says(name, b.c.RemoveObject(ctx, b.name, b.key(name), minio.RemoveObjectOptions{}))
	if _, none := err.(*increments.None); none {
		return nil
	}
	return err
}
