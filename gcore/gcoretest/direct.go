package gcoretest

import (
	"fmt"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest/internal/server"
)

// Add puts a key into a project without a request, as createSSHKey would, and returns it. The private
// half of a pair made for it is thrown away. It panics if the project's number is below 1, the public key
// is not one, or WithUniqueNames forbids the name: a mistake in the test.
func (s *Server) Add(projectID int64, r gcore.CreateSSHKeyRequest) gcore.SSHKey {
	key, _, err := s.newKey(projectID, server.CreateSSHKeyRequest(r))
	switch {
	case err != nil:
	case !exists(projectID):
		err = fmt.Errorf("there is no project %d", projectID)
	case !s.books.add(key, 0, s.uniqueNames):
		err = fmt.Errorf("project %d has a key of this name", projectID)
	}
	if err != nil {
		panic(fmt.Sprintf("gcoretest: Add %q: %v", r.Name, err))
	}
	return clientKey(key)
}

// Keys returns every key of a project, oldest first, also those that Fault.HideFor keeps from lists.
func (s *Server) Keys(projectID int64) []gcore.SSHKey {
	var keys []gcore.SSHKey
	for _, key := range s.books.all(projectID) {
		keys = append(keys, clientKey(key))
	}
	return keys
}

// clientKey is the key in the client's type.
func clientKey(key server.SSHKey) gcore.SSHKey {
	return gcore.SSHKey{
		CreatedAt:       key.CreatedAt,
		Fingerprint:     key.Fingerprint,
		ID:              key.ID,
		Name:            key.Name,
		ProjectID:       key.ProjectID,
		PublicKey:       key.PublicKey,
		SharedInProject: key.SharedInProject,
		State:           gcore.SSHKeyState(key.State),
	}
}
