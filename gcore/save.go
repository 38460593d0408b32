package gcore

import (
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

// WithPassphrase encrypts the private key with a passphrase, in OpenSSH's own format: ssh, ssh-keygen and ssh-add then ask for it.
// Save fails with ErrInvalid if the passphrase is empty. It does not keep the passphrase.
func WithPassphrase(passphrase []byte) SaveOption {
	return func(o *saveOptions) { o.encrypt, o.passphrase = true, passphrase }
}

// SaveError says that Save could not write all of a key.
type SaveError struct {
	Path        string // as it was given to Save
	PrivatePath string // where the complete private key is, or "" if it is not in any file
	Err         error
}

// Error says what failed, and where the private key is.
func (e *SaveError) Error() string {
	if e.PrivatePath == "" {
		return fmt.Sprintf("save SSH key: %v; nothing was written, and the key is still in memory", e.Err)
	}
	return fmt.Sprintf("save SSH key: %v; the private key is saved in %s", e.Err, e.PrivatePath)
}

// Unwrap returns Err.
func (e *SaveError) Unwrap() error { return e.Err }

// saveKey writes the private half first, so that whatever fails after it, the secret is safe.
func saveKey(path string, private PrivateKey, public string, options []SaveOption) error {
	var o saveOptions
	for _, option := range options {
		option(&o)
	}
	switch {
	case private.IsZero():
		return fmt.Errorf("save SSH key: %w", errNoPrivateKey)
	case path == "":
		return fmt.Errorf("save SSH key: the path is empty: %w", ErrInvalid)
	case o.encrypt && len(o.passphrase) == 0:
		return fmt.Errorf("save SSH key: the passphrase is empty: %w", ErrInvalid)
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
		return &SaveError{Path: path, PrivatePath: path, Err: fmt.Errorf("the public half is not saved: %w", err)}
	}
	if err := errors.Join(unsynced, syncFolder(filepath.Dir(path))); err != nil {
		return &SaveError{Path: path, PrivatePath: path, Err: fmt.Errorf("both halves are saved, but may not outlast a power failure: %w", err)}
	}
	return nil
}

// privateFile returns what goes into the file of the private half. ssh-keygen reads neither PKCS#8 Ed25519 nor a file
// without a final newline, so what parses is written anew as OpenSSH PEM; the rest is left as it is, and cannot be encrypted.
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
	case err == nil:
		return pem.EncodeToMemory(block), nil
	case o.encrypt:
		return nil, errors.New("the private key is of a type that cannot be encrypted here: save it without a passphrase")
	}
	return text, nil
}

// publicFile returns the line of the .pub file: the public half that came with the key if it is one, or else the one
// that belongs to the private half.
func publicFile(private PrivateKey, public string) ([]byte, error) {
	if _, line, err := parsePublicKey(public); err == nil {
		return []byte(line + "\n"), nil
	}
	signer, err := newSigner(private)
	if err != nil {
		return nil, errors.New("neither half of the key parses")
	}
	return ssh.MarshalAuthorizedKey(signer.PublicKey()), nil
}

// writeNew makes a file that is whole or absent and never takes the place of another. The data goes into a temporary
// file beside it, which is then linked to its name: unlike a rename, a link fails if the name is taken.
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
		_ = temp.Chmod(mode) // to let others read it: if that fails, they cannot
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

// writeExclusive serves file systems without hard links, such as FAT. Only there can a kill leave part of a file, and
// where there are no modes either, those of the mount apply.
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

// syncFolder makes a new name in a folder last through a power failure, where the system can do that. A folder that may be
// written but not read cannot be opened for it.
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
