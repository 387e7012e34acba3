// Sends a message to each recipient over one connection of the given library: LIBRARY PORT RECIPIENT...
package main

import (
	"context"
	"fmt"
	"net/smtp"
	"os"
	"strconv"

	"github.com/wneessen/go-mail"
	"gopkg.in/gomail.v2"
)

const sender = "app@example.com"

func main() {
	port, err := strconv.Atoi(os.Args[2])
	check(err)
	libraries := map[string]func(int, []string){"net/smtp": netSMTP, "gomail": goMailV2, "go-mail": goMail}
	libraries[os.Args[1]](port, os.Args[3:])
}

func netSMTP(port int, recipients []string) {
	client, err := smtp.Dial(fmt.Sprintf("127.0.0.1:%d", port))
	check(err)
	defer client.Quit()
	for _, recipient := range recipients {
		if err := send(client, recipient); err != nil {
			fmt.Fprintln(os.Stderr, recipient, err)
		}
	}
}

func send(client *smtp.Client, recipient string) error {
	if err := client.Mail(sender); err != nil {
		return err
	}
	if err := client.Rcpt(recipient); err != nil {
		return err
	}
	data, err := client.Data()
	if err != nil {
		return err
	}
	fmt.Fprintf(data, "From: %s\r\nTo: %s\r\nSubject: net/smtp\r\n\r\nx\r\n", sender, recipient)
	return data.Close()
}

func goMailV2(port int, recipients []string) {
	connection, err := (&gomail.Dialer{Host: "127.0.0.1", Port: port}).Dial()
	check(err)
	defer connection.Close()
	for _, recipient := range recipients {
		mail := gomail.NewMessage()
		mail.SetHeader("From", sender)
		mail.SetHeader("To", recipient)
		mail.SetHeader("Subject", "gomail")
		mail.SetBody("text/plain", "x")
		if err := gomail.Send(connection, mail); err != nil {
			fmt.Fprintln(os.Stderr, recipient, err)
		}
	}
}

func goMail(port int, recipients []string) {
	client, err := mail.NewClient("127.0.0.1", mail.WithPort(port), mail.WithTLSPolicy(mail.NoTLS))
	check(err)
	check(client.DialWithContext(context.Background()))
	defer client.Close()
	for _, recipient := range recipients {
		message := mail.NewMsg()
		check(message.From(sender))
		check(message.To(recipient))
		message.Subject("go-mail")
		message.SetBodyString(mail.TypeTextPlain, "x")
		if err := client.Send(message); err != nil {
			fmt.Fprintln(os.Stderr, recipient, err)
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
