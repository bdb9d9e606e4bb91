# shellcheck shell=bash
# Keys, certificates and kubeconfigs of an instance (in D). Sourced by up.sh and node-up.sh.

new_key() { (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$D/pki/$1.key" 2>/dev/null); }

# new_ca NAME
new_ca() {
  new_key "$1"
  openssl req -x509 -new -key "$D/pki/$1.key" -subj "/CN=$1" -days 3650 -sha256 -out "$D/pki/$1.crt" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,digitalSignature
}

# new_certificate NAME CA SUBJECT [ALTERNATIVE NAMES]
new_certificate() {
  new_key "$1"
  openssl req -new -key "$D/pki/$1.key" -subj "$3" -sha256 |
    openssl x509 -req -CA "$D/pki/$2.crt" -CAkey "$D/pki/$2.key" -set_serial "0x$(openssl rand -hex 8)" -days 3650 -sha256 -out "$D/pki/$1.crt" \
      -extfile <(echo "keyUsage=critical,digitalSignature"; echo "extendedKeyUsage=serverAuth,clientAuth"
        if [ -n "${4-}" ]; then echo "subjectAltName=$4"; fi) 2>/dev/null
}

# kubeconfig FILE USER CREDENTIALS: CREDENTIALS is the user's part, as YAML in flow style.
kubeconfig() {
  (umask 077 && cat >"$1") <<YAML
apiVersion: v1
kind: Config
current-context: testbed
contexts:
- name: testbed
  context: {cluster: testbed, user: $2, namespace: default}
clusters:
- name: testbed
  cluster: {server: "https://127.0.0.1:$API_PORT", certificate-authority-data: $(base64 -w0 <"$D/pki/ca.crt")}
users:
- name: $2
  user: $3
YAML
}

# certificate_of NAME: the credentials of a user with the certificate NAME.
certificate_of() { echo "{client-certificate-data: $(base64 -w0 <"$D/pki/$1.crt"), client-key-data: $(base64 -w0 <"$D/pki/$1.key")}"; }
