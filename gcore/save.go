package gcore

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// A SaveOption changes how Save writes a key.
type SaveOption func(*saveOptions)

type saveOptions struct {
	encrypt    bool
	passphrase []byte
}

// WithPassphrase encrypts the private key with a passphrase, in OpenSSH's format: ssh, ssh-keygen and ssh-add then ask for the
// passphrase. Save fails with ErrInvalid if it is empty, has more than 1,023 bytes, or contains a line break or a zero byte, since
// it could not be entered at ssh's prompt. The slice must not change until Save has returned; Save keeps no copy.
func WithPassphrase(passphrase []byte) SaveOption {
	return func(o *saveOptions) { o.encrypt, o.passphrase = true, passphrase }
}

// maxPassphrase is how many bytes of a passphrase OpenSSH's tools read from a prompt.
const maxPassphrase = 1023

// SaveError means that Save did not write both files, or that a power failure may delete what it wrote.
type SaveError struct {
	Path        string // as it was given to Save
	PrivatePath string // where the complete private key is, or "" if it is not in any file
	Err         error
}

// Error says what failed, and where the private key is.
func (e *SaveError) Error() string {
	if e.PrivatePath == "" {
		return fmt.Sprintf("save SSH key: %v; no key file was written, and the key is still in memory", e.Err)
	}
	return fmt.Sprintf("save SSH key: %v; the private key is saved in %s", e.Err, e.PrivatePath)
}

// Unwrap returns Err.
func (e *SaveError) Unwrap() error { return e.Err }

// saveKey writes the private key first, so that it is safe whatever fails after it.
func saveKey(path string, private PrivateKey, public string, options []SaveOption) error {
	var o saveOptions
	for _, option := range options {
		if option != nil {
			option(&o)
		}
	}
	switch {
	case private.IsZero():
		return fmt.Errorf("save SSH key: %w", errNoPrivateKey)
	case path == "":
		return fmt.Errorf("save SSH key: the path is empty: %w", ErrInvalid)
	case o.encrypt && len(o.passphrase) == 0:
		return fmt.Errorf("save SSH key: the passphrase is empty: %w", ErrInvalid)
	case o.encrypt && (len(o.passphrase) > maxPassphrase || bytes.ContainsAny(o.passphrase, "\r\n\x00")):
		return fmt.Errorf("save SSH key: the passphrase holds a line break or a zero byte, or has more than %d bytes: ssh could not be given it: %w",
			maxPassphrase, ErrInvalid)
	}
	data, err := privateFile(private, public, o)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = writeNew(path, data, 0o600)
	}
	if err != nil {
		return &SaveError{Path: path, Err: err}
	}
	unsynced := syncFolder(filepath.Dir(path))
	line, err := publicFile(private, public)
	if err == nil {
		err = writeNew(path+".pub", line, 0o644)
	}
	if err != nil {
		return &SaveError{Path: path, PrivatePath: path, Err: fmt.Errorf("the public key is not saved: %w", err)}
	}
	if err := errors.Join(unsynced, syncFolder(filepath.Dir(path))); err != nil {
		return &SaveError{Path: path, PrivatePath: path, Err: fmt.Errorf("both files are saved, but may be lost in a power failure: %w", err)}
	}
	return nil
}

// privateFile returns the content of the private key's file. ssh-keygen reads neither Ed25519 keys in PKCS#8 nor a file without a
// final newline, so a key that parses is encoded as OpenSSH PEM. A key that does not parse is not changed, and cannot be encrypted.
func privateFile(private PrivateKey, public string, o saveOptions) ([]byte, error) {
	text := []byte(private.Reveal())
	block, _ := pem.Decode(text)
	if block != nil && block.Type == "OPENSSH PRIVATE KEY" && !o.encrypt {
		return pem.EncodeToMemory(block), nil // the same block, with clean line ends
	}
	key, err := ssh.ParseRawPrivateKey(text)
	if err != nil {
		if o.encrypt {
			return nil, errors.New("the private key does not parse, so it cannot be encrypted: save it without a passphrase")
		}
		return text, nil
	}
	_, comment, _, _, _ := ssh.ParseAuthorizedKey([]byte(public)) // no comment if it does not parse
	if o.encrypt {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, comment, o.passphrase)
	} else {
		block, err = ssh.MarshalPrivateKey(key, comment)
	}
	switch {
	case err == nil && sameKey(block, text, o):
		return pem.EncodeToMemory(block), nil
	case o.encrypt:
		return nil, errors.New("the private key is of a type that cannot be encrypted here: save it without a passphrase")
	}
	return text, nil
}

// sameKey reports whether a block contains the private key of text, from which it was encoded. For example, encoding an RSA key of
// three primes changes it.
func sameKey(block *pem.Block, text []byte, o saveOptions) bool {
	parse := ssh.ParsePrivateKey
	if o.encrypt {
		parse = func(data []byte) (ssh.Signer, error) { return ssh.ParsePrivateKeyWithPassphrase(data, o.passphrase) }
	}
	written, err := parse(pem.EncodeToMemory(block))
	if err != nil {
		return false
	}
	original, err := ssh.ParsePrivateKey(text)
	return err == nil && bytes.Equal(written.PublicKey().Marshal(), original.PublicKey().Marshal())
}

// publicFile returns the line of the .pub file: the given public key if it parses, or else the one that belongs to the private
// key.
func publicFile(private PrivateKey, public string) ([]byte, error) {
	if _, line, err := parsePublicKey(public); err == nil {
		return []byte(line + "\n"), nil
	}
	signer, err := newSigner(private)
	if err != nil {
		return nil, errors.New("neither the private nor the public key parses")
	}
	return ssh.MarshalAuthorizedKey(signer.PublicKey()), nil
}

// writeNew creates a file that is complete or does not exist, and never replaces another. It writes the data into a temporary file
// in the same folder, and then links that to the name: unlike a rename, a link fails if the name is taken.
func writeNew(path string, data []byte, mode fs.FileMode) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), ".gcore-*.tmp") // with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	if _, err := temp.Write(data); err != nil {
		return errors.Join(err, temp.Close())
	}
	if mode != 0o600 {
		_ = temp.Chmod(mode) // if this fails, other users cannot read the public key
	}
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return &fs.PathError{Op: "create", Path: path, Err: errors.Unwrap(err)}
		}
		return writeExclusive(path, data, mode)
	}
	return nil
}

// writeExclusive is for file systems without hard links, such as FAT. Only there can a killed process leave part of a file. If the
// file system has no modes either, the mount's modes apply.
func writeExclusive(path string, data []byte, mode fs.FileMode) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// syncFolder makes a new name in a folder survive a power failure, if the system supports that. It does nothing for a folder that
// may not be read, since that cannot be opened.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil
	case err != nil:
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}
