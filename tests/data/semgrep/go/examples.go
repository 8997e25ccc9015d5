// Examples for the rules: never run. `finds:` and `spares:` as in the examples for Solidity.
package examples

import (
	"crypto/aes"
	"crypto/des"
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"database/sql"
	"fmt"
	"math/rand"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
)

func ping(host string) {
	exec.Command("sh", "-c", "ping -c 1 "+host) // finds: go-shell-command
	exec.Command("ping", "-c", "1", host)       // spares: go-shell-command
}

func user(db *sql.DB, name string) {
	db.Query(fmt.Sprintf("SELECT * FROM users WHERE name = '%s'", name)) // finds: go-sql-built-from-text
	query := "SELECT * FROM users WHERE name = '" + name + "'"
	db.Query(query)                                      // finds: go-sql-built-from-text
	db.Query("SELECT * FROM users WHERE name = ?", name) // spares: go-sql-built-from-text
}

func download(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	os.ReadFile(filepath.Join("/srv", name))                // finds: go-path-traversal
	os.ReadFile(filepath.Join("/srv", filepath.Base(name))) // spares: go-path-traversal
}

func proxy(w http.ResponseWriter, r *http.Request) {
	http.Get(r.FormValue("url"))           // finds: go-server-side-request
	http.Get("https://example.org/prices") // spares: go-server-side-request
}

func goOn(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, r.FormValue("next"), 302) // finds: go-open-redirect
	http.Redirect(w, r, "/home", 302)             // spares: go-open-redirect
}

func fingerprint(data []byte) {
	md5.Sum(data)       // finds: go-weak-hash
	sha256.Sum256(data) // spares: go-weak-hash
}

func encrypt(key []byte) {
	des.NewCipher(key) // finds: go-weak-cipher
	aes.NewCipher(key) // spares: go-weak-cipher
}

func makeToken() int {
	return rand.Intn(1000000) // finds: go-predictable-secret
}

func throwDice() int {
	return rand.Intn(6) // spares: go-predictable-secret
}

func client() []*tls.Config {
	return []*tls.Config{
		&tls.Config{InsecureSkipVerify: true},       // finds: go-tls-not-verified
		&tls.Config{InsecureSkipVerify: false},      // spares: go-tls-not-verified
		&tls.Config{MinVersion: tls.VersionTLS10},   // finds: go-old-tls
		&tls.Config{MinVersion: tls.VersionTLS13},   // spares: go-old-tls
	}
}

func verify(signature string, wanted string) bool {
	return signature == wanted // finds: go-timing-unsafe-comparison
}

func verifyWell(signature []byte, wanted []byte) bool {
	return subtle.ConstantTimeCompare(signature, wanted) == 1 // spares: go-timing-unsafe-comparison
}

func read() []byte {
	data, _ := os.ReadFile("a.txt") // finds: go-ignored-error
	return data
}

func readWell() ([]byte, error) {
	data, err := os.ReadFile("a.txt") // spares: go-ignored-error
	return data, err
}
