// A server of S3 for the tests: the API and the file backend of versitygw, with one account and without what else its own command
// brings (other backends, accounts in LDAP and Vault, its web pages), which would take longer to compile.
//
// It is given the folder of the objects and that of their earlier versions, and the account's two keys in the environment. It
// listens on a free port of the loopback, says so in a line, and ends with its standard input, so that it never outlives the tests.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/oklog/ulid/v2"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/middlewares"
	"github.com/versity/versitygw/s3err"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: s3-server OBJECTS VERSIONS")
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

// serve answers until the process ends; it returns only what kept it from that.
func serve(objects, versions string) error {
	// What the files cannot say is kept in their extended attributes, as versitygw does unless told otherwise.
	attributes := meta.XattrMeta{}
	if err := attributes.Test(objects); err != nil {
		return fmt.Errorf("%s: %w", objects, err)
	}
	backend, err := posix.New(objects, attributes, posix.PosixOpts{VersioningDir: versions, CopyObjectThreshold: 5 << 30})
	if err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	root := middlewares.RootUserConfig{Access: os.Getenv("AWS_ACCESS_KEY_ID"), Secret: os.Getenv("AWS_SECRET_ACCESS_KEY")}
	account := auth.Account{Access: root.Access, Secret: root.Secret, Role: auth.RoleAdmin}
	server, err := s3api.New(
		asS3{backend}, root, os.Getenv("AWS_REGION"), auth.NewIAMServiceSingle(account), nil, nil, nil, nil,
		s3api.WithQuiet(),
		s3api.WithKeepAlive(),
		s3api.WithMpMaxParts(10_000),
		s3api.WithConcurrencyLimiter(1000, 1000),
		s3api.WithOnListen(func() { fmt.Println("listening on", address) }),
	)
	if err != nil {
		return err
	}
	return server.ServeMultiPort([]string{address})
}

// freeAddress is one that nobody listens on now: the server takes no listener that is open, and does not tell the port of one that
// it has opened.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// asS3 is the backend, but for what it answers otherwise than S3 does.
type asS3 struct{ *posix.Posix }

// DeleteObject takes the deletion of a version that is gone for done. versitygw does so only where its key has no other version,
// and calls the version's name invalid where it has.
func (b asS3) DeleteObject(ctx context.Context, input *s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error) {
	output, err := b.Posix.DeleteObject(ctx, input)
	var refused s3err.InvalidArgumentError
	if input.VersionId == nil || !errors.As(err, &refused) || refused.ArgumentName != "versionId" {
		return output, err
	}
	if _, bad := ulid.Parse(*input.VersionId); bad != nil {
		return output, err
	}
	return &s3.DeleteObjectOutput{VersionId: input.VersionId}, nil
}
