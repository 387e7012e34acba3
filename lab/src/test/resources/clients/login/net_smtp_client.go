// Sends a message with Go's net/smtp, which fails if a login is set and AUTH is not offered. PORT NAME PASSWORD RECIPIENT [CA]
package main

import (
	"crypto/tls"
	"crypto/x509"
	"log"
	"net/smtp"
	"os"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	port, name, password, recipient := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	client, err := smtp.Dial("localhost:" + port)
	check(err)
	if len(os.Args) > 5 {
		pem, err := os.ReadFile(os.Args[5])
		check(err)
		trust := x509.NewCertPool()
		trust.AppendCertsFromPEM(pem)
		check(client.StartTLS(&tls.Config{ServerName: "localhost", RootCAs: trust}))
	}
	check(client.Auth(smtp.PlainAuth("", name, password, "localhost")))
	check(client.Mail("noreply@example.com"))
	check(client.Rcpt(recipient))
	body, err := client.Data()
	check(err)
	_, err = body.Write([]byte("From: noreply@example.com\r\nTo: " + recipient + "\r\nSubject: net/smtp\r\n\r\ntext\r\n"))
	check(err)
	check(body.Close())
	check(client.Quit())
}
