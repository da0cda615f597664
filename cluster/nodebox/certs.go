package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certificateRequest is one leaf: who it is, and where it may serve (none: a client).
type certificateRequest struct {
	Name         string   `json:"name"`
	CommonName   string   `json:"commonName"`
	Organization string   `json:"organization"`
	Hosts        []string `json:"hosts"`
}

// writeCertificates takes a folder and a JSON list of requests; it makes a new
// authority, one key pair per request, and the service account key.
func writeCertificates(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: nodebox certs FOLDER REQUESTS.json")
	}
	text, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	var requests []certificateRequest
	if err := json.Unmarshal(text, &requests); err != nil {
		return err
	}
	if err := os.MkdirAll(args[0], 0o700); err != nil {
		return err
	}
	authority, authorityKey, err := writeAuthority(args[0])
	if err != nil {
		return err
	}
	for _, request := range requests {
		if err := writeLeaf(args[0], request, authority, authorityKey); err != nil {
			return err
		}
	}
	return writeServiceAccountKey(args[0])
}

func writeAuthority(folder string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	template := newTemplate(pkix.Name{CommonName: "slipway-local-cluster"})
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage |= x509.KeyUsageCertSign
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if err := writePair(folder, "ca", template, template, key, key); err != nil {
		return nil, nil, err
	}
	return template, key, nil
}

func writeLeaf(folder string, request certificateRequest, authority *x509.Certificate, authorityKey *ecdsa.PrivateKey) error {
	template := newTemplate(pkix.Name{CommonName: request.CommonName})
	if request.Organization != "" {
		template.Subject.Organization = []string{request.Organization}
	}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if len(request.Hosts) > 0 {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	for _, host := range request.Hosts {
		if address := net.ParseIP(host); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	return writePair(folder, request.Name, template, authority, key, authorityKey)
}

func newTemplate(subject pkix.Name) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // crypto/rand ends the process rather than fail
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    time.Now().Add(-time.Hour), // a clock that was set back must not lock the owner out
		NotAfter:     time.Now().AddDate(10, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

func writePair(folder, name string, template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) error {
	certificate, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		return err
	}
	if err := writePEM(folder, name+".crt", "CERTIFICATE", certificate); err != nil {
		return err
	}
	return writeKey(folder, name+".key", key)
}

func writeServiceAccountKey(folder string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	if err := writePEM(folder, "service-accounts.pub", "PUBLIC KEY", public); err != nil {
		return err
	}
	return writeKey(folder, "service-accounts.key", key)
}

func writeKey(folder, name string, key *ecdsa.PrivateKey) error {
	bytes, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(folder, name, "EC PRIVATE KEY", bytes)
}

func writePEM(folder, name, kind string, bytes []byte) error {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes})
	return os.WriteFile(filepath.Join(folder, name), text, 0o600)
}
